using System;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Watcher;

/// <summary>
/// Moves of the provider in the data of a transaction: the call itself, or one that a wallet or a
/// multicall carries somewhere inside.
/// </summary>
internal static class DisputeCalls
{
    /// <summary>Words of a statement: kind, order, steps, two roots, units, signature.</summary>
    private const int StatementWords = 8;

    /// <summary>Words before it: the dispute and its matter.</summary>
    private const int MoveWords = 1 + 17;

    private const int WordBytes = 32;

    private static readonly FunctionSelector s_answerRoot = new(0xbad9b233);

    /// <summary>The nodes or leaves of an answer; null without one.</summary>
    public static byte[]? Answer(ReadOnlySpan<byte> data, ulong id)
    {
        for (int at = 0; at + FunctionSelector.Size <= data.Length; at++)
        {
            if (DisputesContract.TryReadAnswer(data[at..], out ulong found, out byte[] nodes)
                && found == id)
            {
                return nodes;
            }
        }

        return null;
    }

    /// <summary>The request and the values of an operands answer; null without one.</summary>
    public static (byte[] Request, byte[] Values)? Operands(ReadOnlySpan<byte> data, ulong id)
    {
        for (int at = 0; at + FunctionSelector.Size <= data.Length; at++)
        {
            if (DisputesContract.TryReadOperands(
                    data[at..], out ulong found, out byte[] request, out byte[] values)
                && found == id)
            {
                return (request, values);
            }
        }

        return null;
    }

    /// <summary>The statement of a trace root; null without one.</summary>
    public static SignedStatement? Statement(ReadOnlySpan<byte> data, ulong id)
    {
        const int Bytes = FunctionSelector.Size + WordBytes * (MoveWords + StatementWords);
        for (int at = 0; at + Bytes <= data.Length; at++)
        {
            if (!s_answerRoot.Starts(data[at..]))
            {
                continue;
            }

            ReadOnlySpan<byte> words = data.Slice(at + FunctionSelector.Size,
                Bytes - FunctionSelector.Size);
            try
            {
                if (new AbiReader(words).ReadUInt64() == id)
                {
                    return Read(new AbiReader(words[(WordBytes * MoveWords)..]));
                }
            }
            catch (FormatException)
            {
                // These four bytes stand there by chance.
            }
        }

        return null;
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
