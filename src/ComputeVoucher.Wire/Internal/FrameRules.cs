using System;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace ComputeVoucher.Wire.Internal;

/// <summary>The table of README.md section 3 and the checks that need no state. Pure.</summary>
internal static class FrameRules
{
    /// <summary>Highest kind number + 1.</summary>
    private const int KindCount = (int)FrameKind.Offer + 1;

    private static readonly FrameRule[] s_fromClient = FromClient();
    private static readonly FrameRule[] s_fromNode = FromNode();

    /// <summary>Judges the 12 bytes before anything is rented for the payload.</summary>
    internal static WireReason CheckHeader(in FrameHeader header, WireRole sender, bool first)
    {
        FrameRule rule = Rule(header.Kind, sender);
        if (first && !MayBeFirst(header.Kind, sender))
        {
            return WireReason.BadFirstFrame;
        }

        if (rule.Correlation == CorrelationRule.NotSent || (!first && IsHandshake(header.Kind)))
        {
            return WireReason.UnknownKind;
        }

        if ((header.Flags & ~rule.Flags) != 0 || header.Reserved != 0)
        {
            return first ? WireReason.BadFirstFrame : WireReason.UnknownFlags;
        }

        if (header.Length < (uint)rule.BytesMin || header.Length > (uint)rule.BytesMax)
        {
            return first ? WireReason.BadFirstFrame : WireReason.BadLength;
        }

        bool fits = rule.Correlation switch
        {
            CorrelationRule.Zero => header.Correlation == 0,
            CorrelationRule.NotZero => header.Correlation != 0,
            _ => true,
        };
        return fits ? WireReason.None : WireReason.BadCorrelation;
    }

    /// <summary>Judges the fields inside a whole payload whose length has passed.</summary>
    internal static WireReason CheckPayload(FrameKind kind, ReadOnlySpan<byte> payload) =>
        kind switch
    {
        FrameKind.Hello =>
            HelloPayload.IsValid(payload) ? WireReason.None : WireReason.BadFirstFrame,
        FrameKind.Welcome =>
            WelcomePayload.IsValid(payload) ? WireReason.None : WireReason.BadPayload,
        FrameKind.Order => OrderPayload.IsValid(payload) ? WireReason.None : WireReason.BadPayload,
        FrameKind.Error => IsErrorValid(payload) ? WireReason.None : WireReason.BadPayload,
        _ => WireReason.None,
    };

    private static bool IsErrorValid(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> text = payload[WireProtocol.ErrorPrefixBytes..];
        return BinaryPrimitives.ReadUInt16LittleEndian(payload) != 0
            && !text.ContainsAnyInRange((byte)0, (byte)0x1F)
            && !text.Contains((byte)0x7F)
            && Utf8.IsValid(text);
    }

    private static FrameRule Rule(FrameKind kind, WireRole sender)
    {
        FrameRule[] table = sender == WireRole.Client ? s_fromClient : s_fromNode;
        return (int)kind < table.Length ? table[(int)kind] : default;
    }

    private static bool IsHandshake(FrameKind kind) => kind is FrameKind.Hello or FrameKind.Welcome;

    private static bool MayBeFirst(FrameKind kind, WireRole sender) => sender == WireRole.Client
        ? kind == FrameKind.Hello
        : kind is FrameKind.Welcome or FrameKind.Error;

    private static FrameRule[] FromClient()
    {
        const int hello = WireProtocol.HelloBytes;
        const int orderMin = WireProtocol.OrderPrefixBytes + 1 + WireProtocol.SignatureBytes;
        var table = new FrameRule[KindCount];
        Set(table, FrameKind.Hello, hello, hello, CorrelationRule.Zero);
        Set(table, FrameKind.Order, orderMin, WireProtocol.FrameBytesMax, CorrelationRule.NotZero);
        Statement(table, FrameKind.Ack);
        Statement(table, FrameKind.Cancel);
        Statement(table, FrameKind.TraceRequest);
        Statement(table, FrameKind.ReleaseRequest);
        Statement(table, FrameKind.StateRequest);
        Statement(table, FrameKind.OpeningRequest);
        Statement(table, FrameKind.ProofRequest);
        Statement(table, FrameKind.OfferRequest);
        Common(table, CorrelationRule.Zero);
        return table;
    }

    private static FrameRule[] FromNode()
    {
        const int welcome = WireProtocol.WelcomeBytes;
        const int outputMin = WireProtocol.OutputPrefixBytes;
        const int outputMax = outputMin + WireProtocol.OutputBytesMax;
        const int proofMin = WireProtocol.ProofPrefixBytes;
        const int proofMax = proofMin + WireProtocol.OutputBytesMax;
        const int answerMax = WireProtocol.LongAnswerBytesMax;
        var table = new FrameRule[KindCount];
        Set(table, FrameKind.Welcome, welcome, welcome, CorrelationRule.Zero);
        Statement(table, FrameKind.Accept);
        const FrameFlags last = FrameFlags.Last;
        Set(table, FrameKind.Output, outputMin, outputMax, CorrelationRule.NotZero, last);
        Statement(table, FrameKind.Receipt);
        Statement(table, FrameKind.AckStored);
        Statement(table, FrameKind.TraceRoot);
        Statement(table, FrameKind.Release);
        Set(table, FrameKind.State, 0, answerMax, CorrelationRule.NotZero);
        Set(table, FrameKind.Goodbye, 0, 0, CorrelationRule.Zero);
        Set(table, FrameKind.Opening, 0, answerMax, CorrelationRule.NotZero);
        Set(table, FrameKind.Proof, proofMin, proofMax, CorrelationRule.NotZero, last);
        Statement(table, FrameKind.Offer);
        Common(table, CorrelationRule.Any);
        return table;
    }

    private static void Common(FrameRule[] table, CorrelationRule errors)
    {
        const int ping = WireProtocol.PingBytes;
        const int errorMin = WireProtocol.ErrorPrefixBytes;
        const int errorMax = ErrorPayload.BytesMax;
        Set(table, FrameKind.Error, errorMin, errorMax, errors, FrameFlags.Retryable);
        Set(table, FrameKind.Ping, ping, ping, CorrelationRule.Zero);
        Set(table, FrameKind.Pong, ping, ping, CorrelationRule.Zero);
    }

    private static void Statement(FrameRule[] table, FrameKind kind) =>
        Set(table, kind, 1, WireProtocol.StatementBytesMax, CorrelationRule.NotZero);

    private static void Set(
        FrameRule[] table,
        FrameKind kind,
        int bytesMin,
        int bytesMax,
        CorrelationRule correlation,
        FrameFlags flags = FrameFlags.None) =>
        table[(int)kind] = new FrameRule(flags, bytesMin, bytesMax, correlation);
}

/// <summary>
/// What a kind allows as correlation id. The first value marks a kind that is not sent.
/// </summary>
internal enum CorrelationRule : byte
{
    /// <summary>This sender never sends the kind.</summary>
    NotSent,

    /// <summary>About the connection.</summary>
    Zero,

    /// <summary>About one order or request.</summary>
    NotZero,

    /// <summary>Either.</summary>
    Any,
}

/// <summary>What one kind allows, from one sender: README.md section 3, one row.</summary>
/// <param name="Flags">Flags that may be set.</param>
/// <param name="BytesMin">Shortest payload.</param>
/// <param name="BytesMax">Longest payload.</param>
/// <param name="Correlation">Zero, not zero, or either.</param>
internal readonly record struct FrameRule(
    FrameFlags Flags, int BytesMin, int BytesMax, CorrelationRule Correlation);
