using System;
using System.Collections.Generic;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher;

/// <summary>One order with all that its node signed about it, from evidence and from claims.
/// </summary>
internal sealed class WatchedOrder
{
    private readonly List<Said> _statements = [];

    private WatchedOrder(EvidenceBundle bundle, Order order, Signature signature)
    {
        (Bundle, Order) = (bundle, order);
        Hash = order.HashStruct();
        Brief = new Brief(bundle.Class, bundle.Channel, order, signature);
    }

    /// <summary>With what the node has signed since.</summary>
    public EvidenceBundle Bundle { get; private set; }

    public Order Order { get; }

    public Bytes32 Hash { get; }

    public Brief Brief { get; }

    public Bytes32 Channel => Order.Channel;

    /// <summary>How it is named in what is said of it.</summary>
    public string Name => FormattableString.Invariant(
        $"order {Order.Seq} of channel {Channel.ToString()[..10]}");

    /// <summary>What was ordered.</summary>
    public OrderedRun Ordered => new(
        Bundle.Input.ToArray(), (byte)Order.Flags, !Bundle.Cancel.IsEmpty);

    public IReadOnlyList<StatedRun> Statements =>
        _statements.ConvertAll(s => s.Stated);

    /// <summary>The receipt with the fewest units; null without one.</summary>
    public SignedStatement? Smallest
    {
        get
        {
            SignedStatement? smallest = null;
            foreach ((_, SignedStatement signed) in _statements)
            {
                bool isSmaller = smallest is null || signed.Units < smallest.Units;
                smallest = signed.IsReceipt && isSmaller ? signed : smallest;
            }

            return smallest;
        }
    }

    /// <summary>Of what is judged: another statement is judged anew.</summary>
    public Bytes32 StatedHash
    {
        get
        {
            List<byte> all = [Bundle.Cancel.IsEmpty ? (byte)0 : (byte)1, .. Hash.ToArray()];
            foreach ((_, SignedStatement signed) in _statements)
            {
                all.AddRange(HashOf(signed).ToArray());
            }

            return Keccak256.Hash(all.ToArray());
        }
    }

    /// <summary>Null, and why, where a bundle proves nothing here.</summary>
    /// <param name="bundle">As it was read.</param>
    /// <param name="domain">Chain and contracts.</param>
    /// <param name="fault">Empty where there is an order.</param>
    public static WatchedOrder? Of(EvidenceBundle bundle, VoucherDomain domain, out string fault)
    {
        fault = bundle.Domain.ChainId != domain.ChainId
            || bundle.Domain.VouchersSeparator != domain.VouchersSeparator
                ? "of another chain or deployment"
            : bundle.Check() is not RefusalReason.None and var reason
                ? $"a signature in it is wrong ({reason})" : "";
        if (fault.Length > 0
            || SignedPayload.Decode(bundle.Order.Span, out Order order, out Signature signature)
                != RefusalReason.None)
        {
            return null;
        }

        WatchedOrder watched = new(bundle, order, signature);
        watched.AddReceipt(bundle.Receipt);
        watched.AddReceipt(bundle.OtherReceipt);
        watched.AddRoot(bundle.TraceRoot);
        watched.AddRoot(bundle.OtherTraceRoot);
        return watched;
    }

    /// <summary>Takes in what the node has signed when it was asked.</summary>
    public void Learn(in TraceRootStatement root, in Signature signature)
    {
        Bundle = Bundle.WithTraceRoot(SignedPayload.Encode(root, signature));
        _ = Add(SignedStatement.Of(root, signature));
    }

    /// <summary>Takes in what an earlier life has learnt of the same order.</summary>
    public void Learn(EvidenceBundle kept)
    {
        Learn(kept.TraceRoot);
        Learn(kept.OtherTraceRoot);
    }

    /// <summary>Takes in what the node has put on the chain of this order.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(in SignedStatement signed)
    {
        Bytes32 hash = HashOf(signed);
        if (signed.OrderHash != Hash || signed.Units > ulong.MaxValue
            || _statements.Exists(s => HashOf(s.Signed) == hash))
        {
            return false;
        }

        _statements.Add(new Said(new StatedRun(
            signed.IsReceipt, signed.Steps, signed.OutputRoot, signed.TraceRoot,
            (ulong)signed.Units), signed));
        return true;
    }

    /// <summary>A statement as it was signed.</summary>
    public SignedStatement Signed(StatedRun stated) =>
        _statements.Find(s => s.Stated == stated)!.Signed;

    /// <summary>The statement with a trace root, a receipt where one has it.</summary>
    /// <exception cref="WatchException">None has it.</exception>
    public SignedStatement Rooted(in Bytes32 traceRoot)
    {
        SignedStatement? found = null;
        foreach ((StatedRun stated, SignedStatement signed) in _statements)
        {
            bool isBetter = found is null || (stated.IsReceipt && !found.IsReceipt);
            found = stated.TraceRoot == traceRoot && isBetter ? signed : found;
        }

        return found ?? throw new WatchException($"{Name}: no statement has the disputed root");
    }

    /// <summary>The receipt with the most units; null without one.</summary>
    /// <param name="steps">Of so many steps; null for any.</param>
    public SignedStatement? Dearest(uint? steps = null)
    {
        SignedStatement? found = null;
        foreach ((_, SignedStatement signed) in _statements)
        {
            bool isDearer = signed.IsReceipt && (steps is null || signed.Steps == steps)
                && (found is null || signed.Units > found.Units);
            found = isDearer ? signed : found;
        }

        return found;
    }

    private void Learn(ReadOnlyMemory<byte> part)
    {
        if (SignedPayload.Decode(part.Span, out TraceRootStatement root, out Signature signature)
            == RefusalReason.None)
        {
            Learn(root, signature);
        }
    }

    private void AddReceipt(ReadOnlyMemory<byte> part)
    {
        if (SignedPayload.Decode(part.Span, out Receipt receipt, out Signature signature)
            == RefusalReason.None)
        {
            _ = Add(SignedStatement.Of(receipt, signature));
        }
    }

    private void AddRoot(ReadOnlyMemory<byte> part)
    {
        if (SignedPayload.Decode(part.Span, out TraceRootStatement root, out Signature signature)
            == RefusalReason.None)
        {
            _ = Add(SignedStatement.Of(root, signature));
        }
    }

    private static Bytes32 HashOf(in SignedStatement s) => s.IsReceipt
        ? new Receipt(s.OrderHash, s.Steps, s.OutputRoot, s.TraceRoot, s.Units).HashStruct()
        : new TraceRootStatement(s.OrderHash, s.Steps, s.TraceRoot).HashStruct();

    private sealed record Said(StatedRun Stated, SignedStatement Signed);
}
