using System;

namespace ComputeVoucher.Ledger;

/// <summary>
/// Where the units of one channel went: accepted = reserved + settled + released, always.
/// </summary>
/// <param name="Accepted">Sum of maxUnits of every order ever reserved.</param>
/// <param name="Reserved">Of those, maxUnits of orders without a result yet.</param>
/// <param name="Settled">Units of the receipts.</param>
/// <param name="Released">What receipts left over, and orders that were given up.</param>
/// <param name="Acked">Cumulative units of the newest ack.</param>
/// <param name="NextSeq">First sequence the newest ack does not cover.</param>
/// <param name="Unacked">Reserved and settled units from <paramref name="NextSeq"/> on.</param>
public readonly record struct ChannelSums(
    UInt128 Accepted,
    UInt128 Reserved,
    UInt128 Settled,
    UInt128 Released,
    UInt128 Acked,
    ulong NextSeq,
    UInt128 Unacked);
