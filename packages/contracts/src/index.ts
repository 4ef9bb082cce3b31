export { asyncApiOf } from './async-api.ts';
export {
  defineEvent,
  type EventData,
  type EventDefinition,
  type EventType,
  type FormerVersion,
  parseEventType,
} from './define-event.ts';
export { eventCatalogue, eventsByService, findEventDefinition } from './event-catalogue.ts';
export { type EventEnvelope, eventEnvelope } from './event-envelope.ts';
export { type Ids, randomIds } from './ids.ts';
export { OrderCancelled } from './orders/order-cancelled.ts';
export { OrderConfirmationRequested } from './orders/order-confirmation-requested.ts';
export { OrderConfirmed } from './orders/order-confirmed.ts';
export { OrderCreated } from './orders/order-created.ts';
export { type OrderItem, orderItem } from './orders/order-item.ts';
export { OrderItemAdded } from './orders/order-item-added.ts';
export { OrderItemRemoved } from './orders/order-item-removed.ts';
export { OrderRejected } from './orders/order-rejected.ts';
export { ProductCreated } from './orders/product-created.ts';
export { ProductUpdated } from './orders/product-updated.ts';
export { CommentApproved } from './posts/comment-approved.ts';
export { CommentCreated } from './posts/comment-created.ts';
export { CommentDeleted } from './posts/comment-deleted.ts';
export { CommentRejected } from './posts/comment-rejected.ts';
export { PostCreated } from './posts/post-created.ts';
export { PostDeleted } from './posts/post-deleted.ts';
export { PostPublished } from './posts/post-published.ts';
export { PostUnpublished } from './posts/post-unpublished.ts';
export { PostUpdated } from './posts/post-updated.ts';
export { from, isVersionOf, upcastTo } from './upcasting.ts';
export { ApiKeyRevoked } from './users/api-key-revoked.ts';
export { type ExportedUser, exportedUser } from './users/exported-user.ts';
export { SessionRevoked } from './users/session-revoked.ts';
export { UserDeactivated } from './users/user-deactivated.ts';
export { UserDeleted } from './users/user-deleted.ts';
export { UserLoggedIn } from './users/user-logged-in.ts';
export { UserReactivated } from './users/user-reactivated.ts';
export { UserRegistered } from './users/user-registered.ts';
export { UserRoleChanged } from './users/user-role-changed.ts';
export { UserUpdated } from './users/user-updated.ts';
export { UserVerified } from './users/user-verified.ts';
export { id, type Money, money, timestamp } from './values.ts';
