using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>Rows and acks as the ledger would keep them.</summary>
public sealed class MemoryMirrorStore : IMirrorStore
{
    private readonly Dictionary<Bytes32, ChannelRow> _rows = [];
    private readonly Dictionary<Bytes32, (Ack Ack, Signature Signature)> _acks = [];
    private byte[]? _cursor;

    public IReadOnlyList<ChannelRow> Channels() => [.. _rows.Values];

    public Task PutChannelAsync(ChannelRow row)
    {
        Assert.True(row.Redeemed <= row.Locked, "redeemed above locked");
        _rows[row.Terms.HashStruct()] = row;
        return Task.CompletedTask;
    }

    public byte[]? Cursor() => _cursor;

    public Task PutCursorAsync(ReadOnlyMemory<byte> cursor)
    {
        _cursor = cursor.ToArray();
        return Task.CompletedTask;
    }

    public ChannelRow Row(Bytes32 channel) => _rows[channel];

    public void SetAck(Ack ack, Signature signature) => _acks[ack.Channel] = (ack, signature);

    public IReadOnlyList<ChannelState> States()
    {
        List<ChannelState> states = [];
        foreach ((Bytes32 id, ChannelRow row) in _rows)
        {
            bool isAcked = _acks.TryGetValue(id, out (Ack Ack, Signature Signature) ack);
            states.Add(new ChannelState(
                id, row, isAcked ? ack.Ack : null, ack.Signature, null, default, 0));
        }

        return states;
    }
}
