# Tunnel fields.  extract-ofp-fields reads these comments.
@line after MFF_TUN_GTPU_MSGTYPE,

    /* "tun_metadata_present".
     *
     * Bit N is 1 if the option mapped to tun_metadataN is present.
     *
     * Type: be64.
     * OXM: OVLOXM_ET_TUN_METADATA_PRESENT(1) since v4.0.
     * Formatting: hexadecimal.
     * NXM: none.
     * Access: read-only.
     * Maskable: bitwise.
     * Prerequisites: none.
     */
    MFF_TUN_METADATA_PRESENT,

    /* "tun_tp_src".
     *
     * Source port of the outer UDP or TCP-like header.
     *
     * Type: be16.
     * OXM: OVLOXM_ET_TUN_TP_SRC(2) since v4.0.
     * Formatting: decimal.
     * NXM: none.
     * Access: read/write.
     * Maskable: bitwise.
     * Prerequisites: none.
     */
    MFF_TUN_TP_SRC,

    /* "tun_tp_dst".
     *
     * Destination port of the outer UDP or TCP-like header.
     *
     * Type: be16.
     * OXM: OVLOXM_ET_TUN_TP_DST(3) since v4.0.
     * Formatting: decimal.
     * NXM: none.
     * Access: read-only.
     * Maskable: bitwise.
     * Prerequisites: none.
     */
    MFF_TUN_TP_DST,

# Tunnel fields: upstream handles ours like tun_metadata fields.  Where
# they differ, it calls functions in lib/overlay/fields.c first.
@line after #define CASE_MFF_TUN_METADATA                         \
    case MFF_TUN_METADATA_PRESENT: case MFF_TUN_TP_SRC: case MFF_TUN_TP_DST: \
