# Routes: the thread that handles SIGTERM destroyed the rules, while other
# threads used them.  They stay, with no rule in them.
@in ovs_router_flush_handler replace pvector_destroy(&rules);
    pvector_publish(&rules);
