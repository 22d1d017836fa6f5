# Tunnel fields: the experimenter of our OXM fields, in the range for local use
# of IEEE OUIs: 02-4F-56.
@line before "NXOXM_ET_": (0x00002320, 0xFFFF, "extension"),
    "OVLOXM_ET_": (0x00024F56, 0xFFFF, "extension"),

# Tunnel fields: upstream's pattern ends at version 3.
@in parse_oxm before if not m:
    m = m or re.match(r"(OVLOXM\w+)\((\d+)\) since( OF)? v(\d+\.\d+)$", s)
