using System;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>Every bound on what comes from a JSON-RPC endpoint or goes to the chain.</summary>
public static class ChainLimits
{
    /// <summary>One answer. Blocks without transaction bodies stay below 200 KiB on any
    /// public chain; an endpoint that sends more is hostile or broken.</summary>
    public const int ResponseBytesMax = 1 << 20;

    /// <summary>An eth_getLogs answer: 10,000 logs (the usual cap of public endpoints) of
    /// about 1 KiB of JSON each, rounded up.</summary>
    public const int LogsResponseBytesMax = 16 << 20;

    /// <summary>Nesting of an answer; the deepest legitimate one (block, transaction, access
    /// list, keys) is 6.</summary>
    public const int ResponseDepthMax = 64;

    /// <summary>From sending a request to the last byte of its answer; a healthy
    /// endpoint takes below one second.</summary>
    public static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(10);

    /// <summary>An endpoint that failed is tried last for so long: short enough that service
    /// is back within 10 s after a fault ends.</summary>
    public static readonly TimeSpan EndpointRest = TimeSpan.FromSeconds(3);

    /// <summary>Endpoints of one client: more only multiplies the load of a broadcast.</summary>
    public const int EndpointsMax = 8;

    /// <summary>Topics of one log, by the EVM (LOG0 to LOG4).</summary>
    public const int LogTopicsMax = 4;

    /// <summary>Logs of one receipt or one query that are looked at.</summary>
    public const int LogsMax = 20_000;

    /// <summary>Characters of an error message that are kept: it is printed on one line.</summary>
    public const int ErrorMessageCharsMax = 240;

    /// <summary>Bytes of a signed transaction: what the ledger keeps and geth's pool accepts;
    /// 256 rows of 160 bytes need a third of it.</summary>
    public const int TransactionBytesMax = OutboxEntry.RawBytesMax;

    /// <summary>Rows of one redeemBatch, as the contract bounds them.</summary>
    public const int BatchRowsMax = RedemptionPurpose.ChannelsMax;

    /// <summary>Bytes of one row of redeemBatch; <see cref="RedeemRow"/> lists them.</summary>
    public const int BatchRowBytes = 160;

    /// <summary>Unconfirmed transactions of one account, below the 16 executable slots per
    /// account that geth's pool guarantees (AccountSlots).</summary>
    public const int InFlightMax = 16;

    /// <summary>Closed rows that the outbox keeps for the operator, the newest ones; with 256 rows
    /// of 160 bytes in intent and transaction, 80 KiB each: 20 MiB.</summary>
    public const int ClosedRowsMax = 256;

    /// <summary>Blocks of one eth_getLogs; public endpoints refuse more than 2,000 to
    /// 10,000.</summary>
    public const ulong LogBlocksMax = 2_000;

    /// <summary>Channels that one mirror follows: 1 KiB each at most, so 64 MiB.</summary>
    public const int ChannelsMax = 65_536;
}
