using System;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Watcher;

/// <summary>Moves of the provider in the data of their calls.</summary>
internal static class DisputeCalls
{
    /// <summary>Words of a statement: kind, order, steps, two roots, units, signature.</summary>
    private const int StatementWords = 8;

    /// <summary>Words before it: the dispute and its matter.</summary>
    private const int MoveWords = 1 + 17;

    private const int WordBytes = 32;

    private static readonly FunctionSelector s_answerRoot = new(0xbad9b233);

    /// <summary>The nodes or leaves of an answer; null without one.</summary>
    public static byte[]? Answer(ReadOnlySpan<byte> data, ulong id) =>
        DisputesContract.TryReadAnswer(data, out ulong found, out byte[] nodes) && found == id
            ? nodes
            : null;

    /// <summary>The request and the values of an operands answer; null without one.</summary>
    public static (byte[] Request, byte[] Values)? Operands(ReadOnlySpan<byte> data, ulong id) =>
        DisputesContract.TryReadOperands(
            data, out ulong found, out byte[] request, out byte[] values) && found == id
            ? (request, values)
            : null;

    /// <summary>The statement of a trace root; null without one.</summary>
    public static SignedStatement? Statement(ReadOnlySpan<byte> data, ulong id)
    {
        const int Bytes = FunctionSelector.Size + WordBytes * (MoveWords + StatementWords);
        if (data.Length < Bytes || !s_answerRoot.Starts(data))
        {
            return null;
        }

        ReadOnlySpan<byte> words = data[FunctionSelector.Size..Bytes];
        return new AbiReader(words).ReadUInt64() == id
            ? Read(new AbiReader(words[(WordBytes * MoveWords)..]))
            : null;
    }

    private static SignedStatement Read(AbiReader words)
    {
        bool isReceipt = words.ReadUInt64() == 1;
        Bytes32 order = words.ReadBytes32();
        uint steps = checked((uint)words.ReadUInt64());
        Bytes32 output = words.ReadBytes32();
        Bytes32 trace = words.ReadBytes32();
        UInt128 units = words.ReadUInt128();
        byte[] signature = [.. words.ReadBytes32().Span, .. words.ReadBytes32().Span];
        return new SignedStatement(
            isReceipt, order, steps, output, trace, units, new Signature(signature));
    }
}
