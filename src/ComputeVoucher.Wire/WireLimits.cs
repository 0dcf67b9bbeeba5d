namespace ComputeVoucher.Wire;

/// <summary>
/// The node's own bounds. Every default has its unit in its name and its origin in its comment;
/// <see cref="Verify"/> checks the relations between them before a server starts.
/// </summary>
public sealed record WireLimits
{
    /// <summary>
    /// Open connections; beyond it the oldest that has shown no payer makes room. 10,240: a flood
    /// of them must not take the node's memory and descriptors.
    /// </summary>
    public int ConnectionsMax { get; init; } = 10_240;

    /// <summary>
    /// Of these, connections that have shown no payer; beyond it one of them makes room. 2,048:
    /// what comes and goes in seconds is what a garbage collector copies, 30 ms for 10,240 of them
    /// and as long for every payer's order; and at 4,000 newcomers a second each has the half
    /// second that two round trips to the far side of the world take.
    /// </summary>
    public int StrangersMax { get; init; } = 2_048;

    /// <summary>
    /// Open connections of one address (IPv6: one /64; 4 times as many of a /56, 16 times of a
    /// /48), and of one payer. 64: bad signatures cost a connection each, so one address cannot
    /// keep the node busy with them.
    /// </summary>
    public int ConnectionsPerAddressMax { get; init; } = 64;

    /// <summary>
    /// Orders in flight on one connection. 64: a 16th of the 1,024 sequence window.
    /// </summary>
    public int OrdersInFlightMax { get; init; } = 64;

    /// <summary>
    /// Other requests in flight on one connection. 64: as many as orders, one ack each.
    /// </summary>
    public int RequestsInFlightMax { get; init; } = 64;

    /// <summary>
    /// Bytes held for all clients together, of what they send and of answers that they do not
    /// read, 64 MiB: a quarter of the 256 MiB heap limit.
    /// </summary>
    public long HeldBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Of these, bytes held for connections that have shown no payer, 16 MiB: a quarter. The rest
    /// is for payers alone.
    /// </summary>
    public long HeldBytesStrangersMax { get; init; } = 16L << 20;

    /// <summary>
    /// Bytes held for one address, or for one payer, 16 MiB: a quarter of all.
    /// </summary>
    public long HeldBytesPerAddressMax { get; init; } = 16L << 20;

    /// <summary>
    /// Unsent answer bytes of one connection, 256 KiB: a client that does not read is cut off
    /// here (CVE-2007-6750, the slow reader). All of them together are bytes held.
    /// </summary>
    public int OutboundBytesMax { get; init; } = 256 << 10;

    /// <summary>
    /// Of a connection that has shown no payer, 8 KiB: the pongs and refusals of a receive or two.
    /// 10,240 of them must not fill the heap by not reading.
    /// </summary>
    public int OutboundBytesStrangersMax { get; init; } = 8 << 10;

    /// <summary>
    /// Bytes the kernel may hold unsent for one connection, 128 KiB: without a bound Linux takes up
    /// to 4 MiB (tcp_wmem) for each client that does not read. The kernel doubles it.
    /// </summary>
    public int KernelSendBytes { get; init; } = 128 << 10;

    /// <summary>A stream waits above this many unsent bytes. 128 KiB: half of the cap.</summary>
    public int OutboundBytesSoft { get; init; } = 128 << 10;

    /// <summary>Connect to Hello complete, ms. 2,000: NATS auth timeout.</summary>
    public int FirstFrameMsMax { get; init; } = 2_000;

    /// <summary>
    /// Slowest peer, bytes a second, both ways. 240: Kestrel MinRequestBodyDataRate.
    /// </summary>
    public int RateBytesPerSecondMin { get; init; } = 240;

    /// <summary>
    /// Window over which the slowest rate is measured, ms. 5,000: Kestrel's grace period.
    /// </summary>
    public int RateWindowMs { get; init; } = 5_000;

    /// <summary>
    /// First to last byte of one frame, ms. 60,000: 1 MiB over the slowest mobile link we serve
    /// (about 17 KiB/s); without it 1 MiB at the minimum rate would be held for 73 minutes.
    /// </summary>
    public int FrameMsMax { get; init; } = 60_000;

    /// <summary>
    /// A ping goes out after this silence, ms. 30,000: below common NAT timeouts of 60 s.
    /// </summary>
    public int PingAfterMs { get; init; } = 30_000;

    /// <summary>
    /// Silence after which the connection is closed, ms. 90,000: three pings unanswered.
    /// </summary>
    public int SilenceMsMax { get; init; } = 90_000;

    /// <summary>
    /// A connection that has shown no payer, and asks for nothing, is closed after this time, ms.
    /// 30,000: a person starts a command and its first order leaves.
    /// </summary>
    public int StrangerMsMax { get; init; } = 30_000;

    /// <summary>
    /// Cancels beyond this in one window close the connection. 100: Kestrel, rapid reset.
    /// </summary>
    public int CancelsPerWindowMax { get; init; } = 100;

    /// <summary>Window of the cancel rule, ms. 5,000: Kestrel, rapid reset.</summary>
    public int CancelWindowMs { get; init; } = 5_000;

    /// <summary>
    /// Abusive closes (bad signatures) an address may have at once before its connections are
    /// refused. 8: more than honest misconfiguration makes before a person looks.
    /// </summary>
    public int AbuseTokensMax { get; init; } = 8;

    /// <summary>
    /// One abuse token comes back after this time, ms. 1,000: one recovery (60 µs) a second.
    /// </summary>
    public int AbuseTokenMs { get; init; } = 1_000;

    /// <summary>A closed connection lingers so long for its last Error to be read, ms.</summary>
    public int LingerMsMax { get; init; } = 1_000;

    /// <summary>
    /// How often deadlines are looked at, ms. 100: a twentieth of the shortest deadline.
    /// </summary>
    public int SweepMs { get; init; } = 100;

    /// <summary>
    /// Checks that every limit is positive and that the relations between them hold.
    /// </summary>
    /// <exception cref="WireException">Names the first relation that does not hold.</exception>
    public void Verify()
    {
        Require(
            ConnectionsMax > 0 && StrangersMax > 0 && ConnectionsPerAddressMax > 0,
            "connection limits must be positive");
        Require(ConnectionsPerAddressMax <= ConnectionsMax, "one address exceeds all connections");
        Require(OrdersInFlightMax is > 0 and <= 1024, "orders in flight must be 1 to 1024");
        Require(RequestsInFlightMax is > 0 and <= 1024, "requests in flight must be 1 to 1024");
        Require(
            HeldBytesPerAddressMax >= 2 * WireProtocol.FrameBytesMax,
            "one frame and the order made from it must fit the held bytes of an address");
        Require(HeldBytesPerAddressMax <= HeldBytesMax, "held bytes of one address exceed all");
        Require(
            HeldBytesStrangersMax >= 2 * WireProtocol.FrameBytesMax,
            "one frame and the order made from it must fit the held bytes of strangers");
        Require(
            HeldBytesMax - HeldBytesStrangersMax >= 2 * WireProtocol.FrameBytesMax,
            "one frame and the order made from it must fit what strangers leave to payers");
        Require(StrangerMsMax >= FirstFrameMsMax, "strangers are closed before their first frame");
        Require(
            OutboundBytesSoft + WireProtocol.OutputBytesMax + 4096 <= OutboundBytesMax,
            "one output frame must fit between the soft and the hard outbound limit");
        Require(
            WireProtocol.LongAnswerBytesMax + WireProtocol.HeaderBytes < OutboundBytesMax,
            "one state must fit the outbound limit");
        Require(
            OutboundBytesStrangersMax >= 4096 && OutboundBytesStrangersMax <= OutboundBytesMax,
            "strangers need a page outbound, and no more than payers");
        Require(KernelSendBytes >= 4096, "the kernel needs a page to send from");
        Require(FirstFrameMsMax > 0 && RateBytesPerSecondMin > 0, "deadlines must be positive");
        Require(
            RateWindowMs > 0 && RateWindowMs <= FrameMsMax, "rate window exceeds frame deadline");
        Require(
            SweepMs > 0 && SweepMs <= FirstFrameMsMax, "sweep is rarer than the first deadline");
        Require(
            PingAfterMs > 0 && PingAfterMs < SilenceMsMax, "silence ends before the first ping");
        Require(CancelsPerWindowMax > 0 && CancelWindowMs > 0, "cancel limits must be positive");
        Require(AbuseTokensMax > 0 && AbuseTokenMs > 0, "abuse limits must be positive");
        Require(LingerMsMax > 0, "linger must be positive");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new WireException(
                "wire limits: " + message + "; correct the limit or keep the default");
        }
    }
}
