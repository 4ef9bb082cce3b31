/** The name under which gateways find each other in the registry. No route may lead there. */
export const gatewayService = 'gateway';
