using System;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>Every bound on what comes from a JSON-RPC endpoint or goes to the chain.</summary>
public static class ChainLimits
{
    /// <summary>Gas of the cheapest transaction there is (Yellow Paper, G_transaction).</summary>
    public const ulong TransactionGasMin = 21_000;

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

    /// <summary>Rest of an endpoint that fails again and again: each failure doubles it, so that a
    /// black hole costs a deadline a minute and not every few calls.</summary>
    public static readonly TimeSpan EndpointRestMax = TimeSpan.FromSeconds(60);

    /// <summary>Longest Retry-After that is honoured: a thaw must not wait for an endpoint that
    /// asks for a day.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(60);

    /// <summary>Calls in one JSON-RPC batch; hosted endpoints allow 100 to 1,000.</summary>
    public const int BatchCallsMax = 100;

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

    /// <summary>Batches that one transaction releases: at some 12,600 gas each less than a
    /// sixteenth of a block of 30,000,000.</summary>
    public const int ReleaseBatchesMax = 128;

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

    /// <summary>Channels that one mirror follows unless told otherwise, closed ones not counted:
    /// 1 KiB each at most, so 64 MiB.</summary>
    public const int ChannelsMax = 65_536;

    /// <summary>Blocks before the newest final one that are searched again each time: a backend
    /// that lagged answered "no logs" for them. Four minutes at one block a second.</summary>
    public const ulong RescanBlocks = 256;

    /// <summary>Blocks by which one endpoint's head may be ahead of another's, both fresh by the
    /// clock: ten minutes of the fastest public chain (4 blocks a second).</summary>
    public const ulong HeadLeadBlocksMax = 2_400;

    /// <summary>Age of a head that is still one: what `doctor` allows.</summary>
    public static readonly TimeSpan HeadAgeMax = TimeSpan.FromSeconds(120);

    /// <summary>Every known channel is read anew so often, whatever the logs say: far below the
    /// shortest thaw (3 days).</summary>
    public static readonly TimeSpan RereadEvery = TimeSpan.FromMinutes(10);
}
