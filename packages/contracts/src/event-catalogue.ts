import type { EventDefinition } from './define-event.ts';
import { OrderCancelled } from './orders/order-cancelled.ts';
import { OrderConfirmationRequested } from './orders/order-confirmation-requested.ts';
import { OrderConfirmed } from './orders/order-confirmed.ts';
import { OrderCreated } from './orders/order-created.ts';
import { OrderItemAdded } from './orders/order-item-added.ts';
import { OrderItemRemoved } from './orders/order-item-removed.ts';
import { OrderRejected } from './orders/order-rejected.ts';
import { ProductCreated } from './orders/product-created.ts';
import { ProductUpdated } from './orders/product-updated.ts';
import { CommentApproved } from './posts/comment-approved.ts';
import { CommentCreated } from './posts/comment-created.ts';
import { CommentDeleted } from './posts/comment-deleted.ts';
import { CommentRejected } from './posts/comment-rejected.ts';
import { PostCreated } from './posts/post-created.ts';
import { PostDeleted } from './posts/post-deleted.ts';
import { PostPublished } from './posts/post-published.ts';
import { PostUnpublished } from './posts/post-unpublished.ts';
import { PostUpdated } from './posts/post-updated.ts';
import { ApiKeyRevoked } from './users/api-key-revoked.ts';
import { SessionRevoked } from './users/session-revoked.ts';
import { UserDeactivated } from './users/user-deactivated.ts';
import { UserDeleted } from './users/user-deleted.ts';
import { UserLoggedIn } from './users/user-logged-in.ts';
import { UserReactivated } from './users/user-reactivated.ts';
import { UserRegistered } from './users/user-registered.ts';
import { UserRoleChanged } from './users/user-role-changed.ts';
import { UserUpdated } from './users/user-updated.ts';
import { UserVerified } from './users/user-verified.ts';

/** Which service says which events. A service says no others, and nobody else says these. */
export const eventsByService: Readonly<Record<'users' | 'posts' | 'orders', readonly EventDefinition[]>> = {
  users: [
    UserRegistered,
    UserVerified,
    UserUpdated,
    UserRoleChanged,
    UserDeactivated,
    UserReactivated,
    UserDeleted,
    UserLoggedIn,
    SessionRevoked,
    ApiKeyRevoked,
  ],
  posts: [
    PostCreated,
    PostUpdated,
    PostPublished,
    PostUnpublished,
    PostDeleted,
    CommentCreated,
    CommentApproved,
    CommentRejected,
    CommentDeleted,
  ],
  orders: [
    ProductCreated,
    ProductUpdated,
    OrderCreated,
    OrderItemAdded,
    OrderItemRemoved,
    OrderConfirmationRequested,
    OrderConfirmed,
    OrderRejected,
    OrderCancelled,
  ],
};

/** Every integration event of the house: all that the services know of each other, beside `/internal`. */
export const eventCatalogue: readonly EventDefinition[] = Object.values(eventsByService).flat();

/** The definition of an event's type, if there is one. */
export const findEventDefinition = (type: string): EventDefinition | undefined => byType.get(type);

const byType: ReadonlyMap<string, EventDefinition> = new Map(eventCatalogue.map((e) => [e.type, e]));
