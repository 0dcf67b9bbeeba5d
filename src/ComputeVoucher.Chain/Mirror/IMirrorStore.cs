using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>Where the mirror keeps its channels and its place in the chain. Tasks complete when
/// the write is durable; writes become durable in the order of the calls.</summary>
public interface IMirrorStore
{
    /// <summary>Every channel row.</summary>
    IReadOnlyList<ChannelRow> Channels();

    Task PutChannelAsync(ChannelRow row);

    /// <summary>Null before the first step.</summary>
    byte[]? Cursor();

    Task PutCursorAsync(ReadOnlyMemory<byte> cursor);
}
