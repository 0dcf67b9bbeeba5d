using System;
using System.Collections.Frozen;
using System.Linq;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>An order that passes every rule; each test spoils one thing.</summary>
internal static class Sample
{
    public const ulong Now = 1_800_000_000;

    public static readonly PrivateKey SpendKey = PrivateKey.FromBytes(Fill(1));

    public static readonly PrivateKey NodeKey = PrivateKey.FromBytes(Fill(2));

    public static readonly PrivateKey OtherKey = PrivateKey.FromBytes(Fill(3));

    public static readonly VoucherDomain Domain =
        new(31337, FillAddress(0x11), FillAddress(0x22));

    public static readonly Bytes32 Model = new(Fill(0x33));

    public static readonly VoucherClass Class = new(
        FillAddress(0x44),
        2_000_000,
        Now + 30 * 86_400,
        3 * 86_400,
        86_400,
        500,
        1_000,
        new Bytes32(Fill(0x55)),
        default);

    public static readonly ChannelTerms Terms = new(
        FillAddress(0x66),
        NodeKey.Address,
        SpendKey.Address,
        Class.HashStruct(),
        new Bytes32(Fill(0x77)));

    public static readonly ServicePolicy Policy = new ServicePolicy
    {
        Node = NodeKey.Address,
        Models = new[] { Model }.ToFrozenSet(),
        BudgetStartUnits = 1_000,
        BudgetGrowthPermille = 250,
        BudgetUnitsMax = 100_000,
        NodeUnackedUnitsMax = 1_000_000,
    }.WithClasses([Class]);

    public static readonly Order Order = new(
        Terms.HashStruct(),
        5,
        Model,
        new Bytes32(Fill(0x88)),
        500,
        Now + 600,
        OrderFlags.None,
        default);

    public static readonly ChannelView Channel = new()
    {
        Id = Terms.HashStruct(),
        Terms = Terms,
        Status = ChannelStatus.Open,
        Locked = 1_000_000,
        NextSeq = 5,
        SequenceUse = SequenceUse.Free,
    };

    public static OrderContext Context(
        Order? order = null,
        ChannelView? channel = null,
        ServicePolicy? policy = null,
        ulong now = Now,
        int inputBytes = 100,
        Signature? signature = null)
    {
        Order used = order ?? Order;
        Bytes32 hash = used.HashStruct();
        return new OrderContext
        {
            Order = used,
            OrderHash = hash,
            Signature = signature ?? SpendKey.Sign(used.Digest(Domain.VouchersSeparator)),
            InputBytes = inputBytes,
            Channel = channel ?? Channel,
            Policy = policy ?? Policy,
            DomainSeparator = Domain.VouchersSeparator,
            Now = now,
        };
    }

    public static RefusalReason Check(in OrderContext context) => OrderRules.Check(context);

    public static Address FillAddress(byte value) => new(Fill(value).AsSpan(0, Address.Size));

    public static byte[] Fill(byte value) => [.. Enumerable.Repeat(value, 32)];
}
