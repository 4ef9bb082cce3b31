export { ordersService } from './orders-service.ts';
