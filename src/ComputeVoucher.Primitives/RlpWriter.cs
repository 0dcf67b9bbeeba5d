using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Primitives;

/// <summary>
/// Recursive length prefix (Ethereum yellow paper, appendix B). Items are appended in order;
/// a list is what stands between <see cref="BeginList"/> and <see cref="EndList"/>.
/// </summary>
public sealed class RlpWriter
{
    private byte[] _buffer = new byte[256];
    private int _length;
    private readonly int[] _listStarts = new int[RlpReader.DepthMax];
    private int _depth;

    /// <summary>A byte string as it is.</summary>
    public RlpWriter Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 1 && bytes[0] < 0x80)
        {
            Append(bytes);
            return this;
        }

        WriteHeader(0x80, bytes.Length);
        Append(bytes);
        return this;
    }

    /// <summary>A number: big endian without leading zeros; zero is the empty string.</summary>
    public RlpWriter Write(ulong value) => Write((UInt256)value);

    /// <summary>A number: big endian without leading zeros; zero is the empty string.</summary>
    public RlpWriter Write(UInt256 value) => Write(value.ToBytes32().Span.TrimStart((byte)0));

    /// <summary>20 bytes.</summary>
    public RlpWriter Write(in Address address) => Write(address.Span);

    /// <summary>
    /// 20 bytes, or the empty string where there is no address (contract creation).
    /// </summary>
    public RlpWriter Write(Address? address) => address is { } a ? Write(a.Span) : Write([]);

    /// <summary>32 bytes, leading zeros kept.</summary>
    public RlpWriter Write(in Bytes32 bytes) => Write(bytes.Span);

    /// <summary>An item that is encoded already.</summary>
    public RlpWriter WriteEncoded(ReadOnlySpan<byte> item)
    {
        Append(item);
        return this;
    }

    /// <exception cref="InvalidOperationException">Nested deeper than readers accept.</exception>
    public RlpWriter BeginList()
    {
        if (_depth == RlpReader.DepthMax)
        {
            throw new InvalidOperationException($"more than {RlpReader.DepthMax} lists nested");
        }

        _listStarts[_depth++] = _length;
        return this;
    }

    /// <exception cref="InvalidOperationException">No list is open.</exception>
    public RlpWriter EndList()
    {
        if (_depth == 0)
        {
            throw new InvalidOperationException("no list is open");
        }

        int start = _listStarts[--_depth];
        int payloadBytes = _length - start;
        WriteHeader(0xC0, payloadBytes);

        // The header was appended behind the payload; rotate it to the front.
        int headerBytes = _length - start - payloadBytes;
        Span<byte> header = stackalloc byte[headerBytes];
        _buffer.AsSpan(_length - headerBytes, headerBytes).CopyTo(header);
        _buffer.AsSpan(start, payloadBytes).CopyTo(_buffer.AsSpan(start + headerBytes));
        header.CopyTo(_buffer.AsSpan(start));
        return this;
    }

    /// <summary>The encoding so far.</summary>
    /// <exception cref="InvalidOperationException">A list is still open.</exception>
    public byte[] ToArray() => _depth == 0
        ? _buffer[.._length]
        : throw new InvalidOperationException("a list is still open");

    private void WriteHeader(byte kind, int payloadBytes)
    {
        Span<byte> header = stackalloc byte[5];
        if (payloadBytes < 56)
        {
            header[0] = (byte)(kind + payloadBytes);
            Append(header[..1]);
            return;
        }

        BinaryPrimitives.WriteInt32BigEndian(header[1..], payloadBytes);
        ReadOnlySpan<byte> length = header[1..].TrimStart((byte)0);
        byte prefix = (byte)(kind + 55 + length.Length);
        Append([prefix]);
        Append(length);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        int needed = checked(_length + bytes.Length);
        if (needed > _buffer.Length)
        {
            long doubled = Math.Min(2L * _buffer.Length, Array.MaxLength);
            Array.Resize(ref _buffer, (int)Math.Max(needed, doubled));
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = needed;
    }
}
