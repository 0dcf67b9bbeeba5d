using System;
using System.Buffers;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>Puts the parts of an <see cref="EvidenceBundle"/> one behind the other.</summary>
internal sealed class EvidenceWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public void Bytes(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    /// <summary>Big endian, in so many bytes.</summary>
    public void Number(ulong value, int bytes)
    {
        Span<byte> all = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(all, value);
        _bytes.Write(all[(sizeof(ulong) - bytes)..]);
    }

    public void Long(ReadOnlySpan<byte> bytes)
    {
        Number((ulong)bytes.Length, sizeof(uint));
        _bytes.Write(bytes);
    }

    public void Struct<T>(in T value)
        where T : struct, ISignedStruct<T>
    {
        Span<byte> payload = stackalloc byte[FieldLayout<T>.PayloadBytes];
        value.Encode(payload);
        _bytes.Write(payload);
    }

    /// <summary>All of it and its hash.</summary>
    public byte[] Seal()
    {
        Bytes(Keccak256.Hash(_bytes.WrittenSpan).ToArray());
        return _bytes.WrittenSpan.ToArray();
    }
}

/// <summary>Takes them apart again; every length is looked at before it is believed.</summary>
internal sealed class EvidenceReader
{
    private ReadOnlyMemory<byte> _rest;

    /// <exception cref="FormatException">Too long, too short, or another hash.</exception>
    public EvidenceReader(ReadOnlyMemory<byte> bytes, int bytesMax)
    {
        if (bytes.Length < Bytes32.Size || bytes.Length > bytesMax)
        {
            throw new FormatException(
                $"evidence: {bytes.Length} bytes, {Bytes32.Size} to {bytesMax} are possible");
        }

        _rest = bytes[..^Bytes32.Size];
        if (Keccak256.Hash(_rest.Span) != new Bytes32(bytes.Span[^Bytes32.Size..]))
        {
            throw new FormatException("evidence: damaged: it has another hash");
        }
    }

    public ReadOnlyMemory<byte> Bytes(int count)
    {
        if (count > _rest.Length)
        {
            throw new FormatException("evidence: cut short");
        }

        ReadOnlyMemory<byte> bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    /// <summary>Big endian, of so many bytes.</summary>
    public ulong Number(int bytes)
    {
        ulong value = 0;
        foreach (byte one in Bytes(bytes).Span)
        {
            value = value << 8 | one;
        }

        return value;
    }

    public ReadOnlyMemory<byte> Long(int bytesMax)
    {
        ulong length = Number(sizeof(uint));
        return length <= (ulong)bytesMax
            ? Bytes((int)length)
            : throw new FormatException($"evidence: {length} bytes, {bytesMax} at most");
    }

    public T Struct<T>()
        where T : struct, ISignedStruct<T> => FieldList.TryDecode(
            Bytes(FieldLayout<T>.PayloadBytes).Span, out T value)
            ? value
            : throw new FormatException($"evidence: no {T.TypeName}");

    /// <summary>A statement with its signature as they stand; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Signed<T>(bool isThere)
        where T : struct, ISignedStruct<T>
    {
        ReadOnlyMemory<byte> bytes = Bytes(isThere ? SignedPayload.Bytes<T>() : 0);
        return !isThere || SignedPayload.Decode<T>(bytes.Span, out _, out _) == RefusalReason.None
            ? bytes
            : throw new FormatException($"evidence: no {T.TypeName}");
    }

    public void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new FormatException($"evidence: {_rest.Length} bytes too many");
        }
    }
}
