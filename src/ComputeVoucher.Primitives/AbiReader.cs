using System;
using System.Buffers.Binary;
using System.Text;

namespace ComputeVoucher.Primitives;

/// <summary>
/// Reads one ABI-encoded tuple in place, head by head. What does not fit its type or its input is
/// a <see cref="FormatException"/>: dirty upper bytes, offsets or counts beyond the data.
/// </summary>
public ref struct AbiReader
{
    private const int WordBytes = 32;

    /// <summary>Of a negative word, those that are all ones before its last 8.</summary>
    private const int NegativeBytes = WordBytes - sizeof(long);

    private readonly ReadOnlySpan<byte> _all;
    private readonly ReadOnlySpan<byte> _tuple;
    private readonly bool _isCalldata;
    private int _position;

    /// <summary>The tuple starts at the first byte; offsets count from there.</summary>
    public AbiReader(ReadOnlySpan<byte> tuple)
    {
        _all = tuple;
        _tuple = tuple;
    }

    private AbiReader(ReadOnlySpan<byte> all, int start, bool isCalldata)
    {
        _all = all;
        _tuple = all[start..];
        _isCalldata = isCalldata;
    }

    /// <summary>Reads the arguments of a call as the contract that took it has read them: Solidity
    /// looks at no padding of bytes, and a nested offset may lead backwards. Whoever reads more
    /// strictly than the contract can be shown a call that he cannot read.</summary>
    public static AbiReader OfCalldata(ReadOnlySpan<byte> arguments) => new(arguments, 0, true);

    /// <summary>Whether no head is left. Tails count as heads where the tuple has them.</summary>
    public readonly bool IsAtEnd => _position == _tuple.Length;

    /// <summary>bytes32.</summary>
    public Bytes32 ReadBytes32() => new(Word());

    /// <summary>uint256.</summary>
    public UInt256 ReadUInt256() => UInt256.FromBigEndian(Word());

    /// <summary>uint128 and below.</summary>
    public UInt128 ReadUInt128() => ReadUInt256().TryToUInt128(out UInt128 value)
        ? value
        : throw Bad("a number of more than 128 bits");

    /// <summary>uint64 and below.</summary>
    public ulong ReadUInt64() => ReadUInt256().TryToUInt64(out ulong value)
        ? value
        : throw Bad("a number of more than 64 bits");

    public Address ReadAddress()
    {
        ReadOnlySpan<byte> word = Word();
        return word[..12].ContainsAnyExcept((byte)0)
            ? throw Bad("an address with dirty upper bytes")
            : new Address(word[12..]);
    }

    /// <summary>bytes; the padding behind must be there and zero.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        AbiReader tail = ReadTuple();
        int length = tail.Count(1);
        ReadOnlySpan<byte> rest = tail._tuple[WordBytes..];
        if (_isCalldata)
        {
            return rest[..length];
        }

        int padded = (int)(((long)length + WordBytes - 1) / WordBytes * WordBytes);
        return padded > rest.Length || rest[length..padded].ContainsAnyExcept((byte)0)
            ? throw Bad("bytes with dirty or missing padding")
            : rest[..length];
    }

    /// <summary>string; not valid UTF-8 is refused.</summary>
    public string ReadString()
    {
        try
        {
            return s_strictUtf8.GetString(ReadBytes());
        }
        catch (DecoderFallbackException)
        {
            throw Bad("a string that is not UTF-8");
        }
    }

    /// <summary>A struct that has a dynamic member.</summary>
    public AbiReader ReadTuple()
    {
        int start = _all.Length - _tuple.Length;
        ReadOnlySpan<byte> word = _tuple[Math.Min(_position, _tuple.Length)..];
        if (_isCalldata && word.Length >= WordBytes
            && !word[..NegativeBytes].ContainsAnyExcept(byte.MaxValue))
        {
            long back = BinaryPrimitives.ReadInt64BigEndian(word[NegativeBytes..]);
            _position += WordBytes;
            return back < 0 && back >= -start
                ? new AbiReader(_all, (int)(start + back), true)
                : throw Bad("an offset before the data");
        }

        ulong offset = ReadUInt64();
        return offset > (ulong)_tuple.Length
            ? throw Bad("an offset beyond the data")
            : new AbiReader(_all, start + (int)offset, _isCalldata);
    }

    /// <summary>T[]: the reader of its elements, which take at least so many bytes each.</summary>
    public AbiReader ReadArray(int headBytesPerElement, out int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(headBytesPerElement, WordBytes);
        AbiReader tail = ReadTuple();
        count = tail.Count(headBytesPerElement);
        return new AbiReader(tail._all, tail._all.Length - tail._tuple.Length + WordBytes,
            _isCalldata);
    }

    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    private int Count(int bytesEach)
    {
        ulong count = ReadUInt64();
        return count > (ulong)(_tuple.Length - WordBytes) / (ulong)bytesEach
            ? throw Bad("a length beyond the data")
            : (int)count;
    }

    private ReadOnlySpan<byte> Word()
    {
        if (_tuple.Length - _position < WordBytes)
        {
            throw Bad("a word is missing");
        }

        ReadOnlySpan<byte> word = _tuple.Slice(_position, WordBytes);
        _position += WordBytes;
        return word;
    }

    private static FormatException Bad(string what) => new("not this ABI type: " + what);
}
