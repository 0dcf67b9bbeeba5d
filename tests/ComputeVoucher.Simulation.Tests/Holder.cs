using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>A client of one channel, and what the node has told it so far.</summary>
internal sealed class Holder
{
    private readonly PrivateKey _key;
    private readonly Bytes32 _separator;
    private readonly List<Sent> _orders = [];
    private readonly List<FakeExchange> _acks = [];

    public Holder(PrivateKey key, in ChannelTerms terms, in Bytes32 separator) =>
        (_key, Terms, _separator) = (key, terms, separator);

    public ChannelTerms Terms { get; }

    public Bytes32 Channel => Terms.HashStruct();

    /// <summary>In the order of their sequence.</summary>
    public IReadOnlyList<Sent> Orders => _orders;

    /// <summary>Of the newest ack that was sent: units, and the first order that it leaves out.
    /// </summary>
    public (UInt128 Units, int Next) Acked { get; private set; }

    /// <summary>Units that the node called stored.</summary>
    public UInt128 Stored { get; private set; }

    public int Unanswered => _orders.Count(order => order.Receipt is null);

    public bool IsSettled =>
        Unanswered == 0 && Stored == Acked.Units && Acked.Next == _orders.Count;

    public Sent Order(byte[] input, in Bytes32 model, ulong deadline, OrderFlags flags)
    {
        Order order = new(
            Channel, (ulong)_orders.Count, model, Keccak256.Hash(input),
            FakeModel.Steps * FakeModel.UnitsPerStep, deadline, flags, default);
        Signature signature = _key.Sign(order.Digest(_separator));
        Sent sent = new(order, SignedPayload.Encode(order, signature), input);
        _orders.Add(sent);
        return sent;
    }

    public byte[] Cancel(Sent sent)
    {
        Cancel cancel = new(sent.Order.HashStruct());
        return SignedPayload.Encode(cancel, _key.Sign(cancel.Digest(_separator)));
    }

    /// <summary>An ack of every receipt at hand.</summary>
    public FakeExchange Ack()
    {
        while (Acked.Next < _orders.Count && _orders[Acked.Next].Receipt is { } receipt)
        {
            Receipt read = Parse(receipt);
            Acked = (Acked.Units + read.Units, Acked.Next + 1);
        }

        Ack ack = new(Channel, Acked.Units, (ulong)Acked.Next);
        FakeExchange request = new()
        {
            Kind = FrameKind.Ack,
            Payload = SignedPayload.Encode(ack, _key.Sign(ack.Digest(_separator))),
        };
        _acks.Add(request);
        return request;
    }

    /// <summary>Reads what has been answered since.</summary>
    /// <returns>A line for each answer.</returns>
    public IEnumerable<string> Read()
    {
        foreach (Sent sent in _orders)
        {
            if (sent.TryRead() is string line)
            {
                yield return $"order {sent.Order.Seq} {line}";
            }
        }

        for (int i = _acks.Count - 1; i >= 0; i--)
        {
            FakeExchange ack = _acks[i];
            if (!ack.Answer.IsCompleted)
            {
                continue;
            }

            _acks.RemoveAt(i);
            if (ack.Error is (ushort reason, bool isRetryable))
            {
                Assert.True(isRetryable, $"an ack was refused: {reason}");
                yield return $"ack refused {reason}";
            }
            else
            {
                Assert.True(AckStored.TryDecode(ack.Answer.Result, out AckStored stored));
                Stored = UInt128.Max(Stored, stored.CumUnits);
                yield return $"ack stored {stored.CumUnits}";
            }
        }
    }

    /// <summary>Nothing that was on its way will be answered.</summary>
    public void Disconnect()
    {
        _acks.Clear();
        _orders.ForEach(order => order.Exchange = null);
    }

    private static Receipt Parse(byte[] bytes)
    {
        Assert.Equal(RefusalReason.None, SignedPayload.Decode(bytes, out Receipt read, out _));
        return read;
    }

    /// <summary>An order, and what came of it.</summary>
    internal sealed record Sent(Order Order, byte[] Signed, byte[] Input)
    {
        /// <summary>The attempt that runs; null where it has to be sent (again).</summary>
        public FakeExchange? Exchange { get; set; }

        public byte[]? Receipt { get; private set; }

        public FakeExchange Send()
        {
            int payload = Signed.Length - Signature.Size;
            return Exchange = new FakeExchange
            {
                Order = Signed.AsMemory(0, payload),
                Signature = Signed.AsMemory(payload),
                Input = Input,
            };
        }

        public string? TryRead()
        {
            if (Exchange is not { Answer.IsCompleted: true } exchange)
            {
                return null;
            }

            Exchange = null;
            if (exchange.Error is (ushort reason, bool isRetryable))
            {
                Assert.True(isRetryable, $"order {Order.Seq} was refused: {reason}");
                return $"refused {reason}";
            }

            byte[] receipt = exchange.Answer.Result!;
            Assert.Equal(Receipt ?? receipt, receipt);
            Receipt = receipt;
            Receipt read = Parse(receipt);
            Assert.Equal(Enumerable.Range(1, (int)read.Steps), exchange.Output.Select(b => (int)b));
            return $"done {read.Steps} {Keccak256.Hash(receipt)}";
        }
    }
}
