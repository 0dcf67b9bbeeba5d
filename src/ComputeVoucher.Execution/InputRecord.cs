using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution;

/// <summary>The first 36 bytes of a record: what the layout of a trace follows from.</summary>
/// <param name="Prompt">Ids of the prompt.</param>
/// <param name="NewTokensMax">Tokens to produce at most.</param>
/// <param name="EndTokens">Ids that end the generation.</param>
/// <param name="Sampling">How a token is chosen.</param>
internal readonly record struct RecordHeader(
    int Prompt, uint NewTokensMax, int EndTokens, SamplingOptions Sampling)
{
    /// <summary>Ids of either kind: no tensor of bytes could hold more.</summary>
    private const uint IdsMax = 1 << 27;

    /// <summary>Bytes of the whole record.</summary>
    public int Bytes => InputRecord.HeaderBytes + 4 * (Prompt + EndTokens);

    /// <summary>Null, or why no record starts so.</summary>
    public string? Problem() => Prompt == 0 || NewTokensMax == 0
        ? "a prompt of one token and one new token are the least"
        : !Sampling.IsCanonical ? "sampling options out of range, or set beside temperature 0"
        : EndTokens > InputRecord.EndTokensMax
            ? $"{EndTokens} end tokens, at most {InputRecord.EndTokensMax}"
            : null;

    /// <summary>Null where the bytes do not start a record of this version.</summary>
    public static RecordHeader? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < InputRecord.HeaderBytes || bytes[0] != InputRecord.Tag ||
            bytes[1] != InputRecord.Version || bytes[2] != 0 || bytes[3] != 0)
        {
            return null;
        }

        uint prompt = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        uint ends = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        return prompt > IdsMax || ends > IdsMax
            ? null
            : new RecordHeader(
                (int)prompt, BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), (int)ends,
                new SamplingOptions(
                    BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(bytes[28..])));
    }
}

/// <summary>
/// The canonical input of a language model: everything that the answer depends on beside the
/// model. Its bytes are the input payload of an order and the one tensor of the input root
/// (uint8, [length]).
/// </summary>
/// <remarks>
/// Little endian: u8 tag 08, u8 version 1, u16 0, u32 prompt tokens, u32 most new tokens,
/// u32 end tokens, u32 temperature Q.16, u32 top k, u32 top p Q.16, u64 seed, then the prompt's
/// ids u32 each, then the end tokens' ids u32 each, strictly ascending. One meaning has one form.
/// </remarks>
public sealed class InputRecord
{
    /// <summary>Domain of these bytes among everything that is hashed.</summary>
    public const byte Tag = 0x08;

    public const byte Version = 1;

    /// <summary>Bytes before the ids.</summary>
    public const int HeaderBytes = 36;

    /// <summary>Ids that end a generation; chat models have up to 5.</summary>
    public const int EndTokensMax = 16;

    private readonly int[] _prompt;
    private readonly int[] _endTokens;

    /// <exception cref="ModelException">No canonical record has these values.</exception>
    public InputRecord(
        ReadOnlySpan<int> prompt,
        uint newTokensMax,
        ReadOnlySpan<int> endTokens,
        SamplingOptions sampling)
    {
        _prompt = prompt.ToArray();
        _endTokens = endTokens.ToArray();
        Array.Sort(_endTokens);
        NewTokensMax = newTokensMax;
        Sampling = sampling;
        if (Problem() is string problem)
        {
            throw new ModelException("input: " + problem);
        }
    }

    private InputRecord(int[] prompt, int[] endTokens, uint newTokensMax, SamplingOptions sampling)
    {
        _prompt = prompt;
        _endTokens = endTokens;
        NewTokensMax = newTokensMax;
        Sampling = sampling;
    }

    /// <summary>
    /// Ids of the prompt, the beginning-of-text token included where there is one.
    /// </summary>
    public ReadOnlySpan<int> Prompt => _prompt;

    /// <summary>Generation stops behind any of these.</summary>
    public ReadOnlySpan<int> EndTokens => _endTokens;

    /// <summary>Tokens to produce at most; at least 1.</summary>
    public uint NewTokensMax { get; }

    public SamplingOptions Sampling { get; }

    /// <summary>The canonical bytes.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[HeaderBytes + 4 * (_prompt.Length + _endTokens.Length)];
        Span<byte> at = bytes;
        at[0] = Tag;
        at[1] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], _prompt.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], NewTokensMax);
        BinaryPrimitives.WriteInt32LittleEndian(at[12..], _endTokens.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(at[16..], Sampling.Temperature);
        BinaryPrimitives.WriteUInt32LittleEndian(at[20..], Sampling.TopK);
        BinaryPrimitives.WriteUInt32LittleEndian(at[24..], Sampling.TopP);
        BinaryPrimitives.WriteUInt64LittleEndian(at[28..], Sampling.Seed);
        at = at[HeaderBytes..];
        foreach (int id in _prompt)
        {
            BinaryPrimitives.WriteInt32LittleEndian(at, id);
            at = at[4..];
        }

        foreach (int id in _endTokens)
        {
            BinaryPrimitives.WriteInt32LittleEndian(at, id);
            at = at[4..];
        }

        return bytes;
    }

    /// <summary>Reads canonical bytes; anything else is refused.</summary>
    /// <exception cref="ModelException">Not the one form of a record.</exception>
    public static InputRecord Decode(ReadOnlySpan<byte> bytes)
    {
        RecordHeader header = RecordHeader.Read(bytes)
            ?? throw new ModelException("input: not a language-model record of version 1");
        if (bytes.Length != header.Bytes)
        {
            throw new ModelException(
                $"input: {header.Prompt} + {header.EndTokens} ids do not fit {bytes.Length} bytes");
        }

        var record = new InputRecord(
            Ids(bytes[HeaderBytes..], header.Prompt),
            Ids(bytes[(HeaderBytes + 4 * header.Prompt)..], header.EndTokens),
            header.NewTokensMax,
            header.Sampling);
        return record.Problem() is string problem
            ? throw new ModelException("input: " + problem)
            : record;
    }

    /// <summary>Root of the list of one tensor that these bytes are.</summary>
    public static Bytes32 Root(ReadOnlySpan<byte> bytes) =>
        TraceTree.ListRoot([TensorHash(bytes)]);

    internal static Bytes32 TensorHash(ReadOnlySpan<byte> bytes) =>
        TraceTree.TensorHash(TensorType.UInt8, [bytes.Length], bytes);

    internal RecordHeader Header =>
        new(_prompt.Length, NewTokensMax, _endTokens.Length, Sampling);

    internal bool Ends(int token) => Array.BinarySearch(_endTokens, token) >= 0;

    private static int[] Ids(ReadOnlySpan<byte> bytes, int count)
    {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]);
        }

        return ids;
    }

    private string? Problem()
    {
        for (int i = 1; i < _endTokens.Length; i++)
        {
            if (_endTokens[i] <= _endTokens[i - 1])
            {
                return "end tokens are not strictly ascending";
            }
        }

        return Header.Problem();
    }
}
