using System;
using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Bench;

/// <summary>What an order costs before it is executed: its frame, its rules, its signature.
/// </summary>
internal static class ProtocolWorks
{
    /// <summary>Of the orders that are checked, Unix seconds.</summary>
    private const ulong Now = 1_800_000_000;

    private const int FramesPerRun = 100;

    public static IEnumerable<Work> All() =>
    [
        new($"wire, parse {FramesPerRun} order frames", ParseFrames),
        new("order, decode and check with its signature", () => CheckOrder(Now)),
        new("order, refused for its deadline", () => CheckOrder(Now + 3600)),
    ];

    private static RunningWork ParseFrames()
    {
        int payload = WireProtocol.OrderPrefixBytes + Order.PayloadBytes
            + WireProtocol.SignatureBytes + 8;
        byte[] stream = new byte[FramesPerRun * (WireProtocol.HeaderBytes + payload)];
        for (int i = 0; i < FramesPerRun; i++)
        {
            Span<byte> frame = stream.AsSpan(i * (WireProtocol.HeaderBytes + payload));
            new FrameHeader((uint)payload, FrameKind.Order, FrameFlags.None, 0, (uint)i + 1)
                .Write(frame);
            BinaryPrimitives.WriteUInt16LittleEndian(
                frame[WireProtocol.HeaderBytes..], (ushort)Order.PayloadBytes);
        }

        FrameReader reader = new(WireRole.Client);
        Read(reader, Hello(), 1);
        return new RunningWork(() => Read(reader, stream, FramesPerRun));
    }

    private static byte[] Hello()
    {
        byte[] hello = new byte[WireProtocol.HeaderBytes + WireProtocol.HelloBytes];
        new FrameHeader(WireProtocol.HelloBytes, FrameKind.Hello, FrameFlags.None, 0, 0)
            .Write(hello);
        Span<byte> payload = hello.AsSpan(WireProtocol.HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(payload, WireProtocol.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[4..], WireProtocol.VersionMin);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[6..], WireProtocol.VersionMax);
        return hello;
    }

    private static void Read(FrameReader reader, ReadOnlySpan<byte> input, int wanted)
    {
        int frames = 0;
        while (reader.Read(ref input, out _) == FrameStatus.Frame)
        {
            frames++;
        }

        Require(frames == wanted, "another number of frames than were written");
    }

    private static RunningWork CheckOrder(ulong now)
    {
        using PrivateKey node = PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);
        using PrivateKey spend = PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);
        Bytes32 model = Keccak256.Hash("model"u8);
        VoucherClass terms = new(
            default, 1, Now + 90 * 86_400, 3 * 86_400, 86_400, 0, 0, default, default);
        ServicePolicy policy = new ServicePolicy
        {
            Node = node.Address,
            Models = FrozenSet.Create(model),
        }.WithClasses([terms]);
        ChannelView channel = new()
        {
            Terms = new(default, node.Address, spend.Address, terms.HashStruct(), default),
            Status = ChannelStatus.Open,
            Locked = 1_000_000,
            SequenceUse = SequenceUse.Free,
        };
        channel = channel with { Id = channel.Terms.HashStruct() };
        Order order = new(
            channel.Id, 0, model, default, 500, Now + 600, OrderFlags.None, default);
        Bytes32 separator = new VoucherDomain(1, default, default).VouchersSeparator;
        Signature signature = spend.Sign(order.Digest(separator));
        byte[] payload = order.Encode();
        RefusalReason expected = now == Now ? RefusalReason.None : RefusalReason.DeadlinePassed;
        return new RunningWork(() =>
        {
            RefusalReason refusal = Order.Decode(payload, out Order read);
            OrderContext context = new()
            {
                Order = read,
                OrderHash = read.HashStruct(),
                Signature = signature,
                InputBytes = 256,
                Channel = channel,
                Policy = policy,
                DomainSeparator = separator,
                Now = now,
            };
            refusal = refusal == RefusalReason.None ? OrderRules.Check(context) : refusal;
            Require(refusal == expected, "another answer than the order deserves");
        });
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
