@include "tnl-provider.h"

# Why: the MTU of the device with the local address is part of the header.
@in port_modified before if (port->bundle && port->bundle->bond) {
    tnl_port_modified();
