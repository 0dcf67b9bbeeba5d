using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>One decoded order and everything that a rule may look at.</summary>
public readonly struct OrderContext
{
    public required Order Order { get; init; }

    /// <summary>Hash of <see cref="Order"/>, computed once.</summary>
    public required Bytes32 OrderHash { get; init; }

    public required Signature Signature { get; init; }

    /// <summary>Bytes of the order frame's input part.</summary>
    public required int InputBytes { get; init; }

    /// <summary>The channel as asked for with this order's sequence and hash.</summary>
    public required ChannelView Channel { get; init; }

    public required ServicePolicy Policy { get; init; }

    /// <summary><see cref="VoucherDomain.VouchersSeparator"/>.</summary>
    public required Bytes32 DomainSeparator { get; init; }

    /// <summary>Unix seconds.</summary>
    public required ulong Now { get; init; }

    /// <summary>
    /// The order is stored already: it is answered again and not charged, so the rules about time
    /// and balance do not apply.
    /// </summary>
    public bool IsReplay => Channel.SequenceUse == SequenceUse.Same;
}
