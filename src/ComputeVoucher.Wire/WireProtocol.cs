namespace ComputeVoucher.Wire;

/// <summary>Constants of protocol version 2 that both sides must agree on. See README.md.</summary>
public static class WireProtocol
{
    /// <summary>
    /// First field of Hello: "CVW1" as little-endian u32; an HTTP or TLS client never sends it.
    /// </summary>
    public const uint Magic = 0x31575643;

    /// <summary>The version this code speaks, lowest and highest.</summary>
    public const ushort VersionMin = 2;

    /// <summary>The version this code speaks, lowest and highest.</summary>
    public const ushort VersionMax = 2;

    /// <summary>Header: length u32, kind u8, flags u8, reserved u16, correlation u32.</summary>
    public const int HeaderBytes = 12;

    /// <summary>Most payload bytes of any frame: 1 MiB, room for one input and its
    /// order.</summary>
    public const int FrameBytesMax = 1 << 20;

    /// <summary>
    /// Hello payload: magic 4, versions 2 + 2, nonce 32. Frozen for every version.
    /// </summary>
    public const int HelloBytes = 40;

    /// <summary>
    /// Welcome payload: version 2, reserved 2, frame bytes 4, orders 4, requests 4, node 20,
    /// context 32, nonce 32, signature 64.
    /// </summary>
    public const int WelcomeBytes = 164;

    /// <summary>A 64-byte EIP-2098 signature.</summary>
    public const int SignatureBytes = 64;

    /// <summary>
    /// Most bytes of one signed statement (accept, receipt, ack, cancel, query, trace root,
    /// release, offer, or the order without its input). Those of version 2 have at most 225; the
    /// rest is room.
    /// </summary>
    public const int StatementBytesMax = 1024;

    /// <summary>Order payload before the statement: its length as u16.</summary>
    public const int OrderPrefixBytes = 2;

    /// <summary>Most input bytes of one order: what fits beside the largest statement.</summary>
    public const int InputBytesMax =
        FrameBytesMax - OrderPrefixBytes - StatementBytesMax - SignatureBytes;

    /// <summary>Output payload before the bytes: the step number as u32.</summary>
    public const int OutputPrefixBytes = 4;

    /// <summary>Proof payload before the bytes: where they stand in the proof, as u32.</summary>
    public const int ProofPrefixBytes = 4;

    /// <summary>
    /// Most answer bytes of one Output or Proof frame, 64 KiB: a quarter of the outbound cap, so
    /// that one stream cannot fill the queue with a single frame.
    /// </summary>
    public const int OutputBytesMax = 64 << 10;

    /// <summary>Error payload before the text: the reason as u16.</summary>
    public const int ErrorPrefixBytes = 2;

    /// <summary>Most bytes of the UTF-8 text of an Error: one line a person reads.</summary>
    public const int ErrorTextBytesMax = 512;

    /// <summary>Ping and Pong payload.</summary>
    public const int PingBytes = 8;

    /// <summary>
    /// Most bytes of a State or an Opening: an ack and 500 orders with their receipts are 198 KiB;
    /// below the outbound cap.
    /// </summary>
    public const int LongAnswerBytesMax = 240 << 10;

    /// <summary>
    /// First reason number that belongs to the protocol; lower ones belong to the node.
    /// </summary>
    public const ushort OwnReasonFirst = 0xFF00;
}
