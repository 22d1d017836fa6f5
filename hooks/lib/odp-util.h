# TTL replies: a packet whose TTL expires.
@in enum user_action_cookie_type after USER_ACTION_COOKIE_CONTROLLER,   /* Forward packet to controller. */
    USER_ACTION_COOKIE_TTL,          /* TTL expired. */

# TTL replies: a packet whose TTL expires.
@in struct user_action_cookie after } controller;

        struct {
            /* USER_ACTION_COOKIE_TTL. */
            struct in6_addr from;   /* Address of the router. */
        } ttl;
