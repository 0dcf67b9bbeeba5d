using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ComputeVoucher.Bn254;

/// <summary>iden3's binary files: four letters, version, number of sections, then sections of
/// identifier, length and bytes, in any order. A section's length is held against the file's before
/// anything is taken from memory.</summary>
internal sealed class SectionFile
{
    /// <summary>The largest identifier there is: the contributions of a .zkey.</summary>
    private const int IdMax = 16;

    private readonly Stream _stream;
    private readonly long[] _offsets = new long[IdMax + 1];
    private readonly long[] _lengths = new long[IdMax + 1];
    private long _left;

    /// <param name="stream">Can be sought in.</param>
    /// <param name="magic">Four letters.</param>
    /// <param name="version">The one that is understood.</param>
    /// <exception cref="ProofException">Another file, or a damaged one.</exception>
    public SectionFile(Stream stream, ReadOnlySpan<byte> magic, uint version)
    {
        _stream = stream;
        _left = stream.Length;
        stream.Position = 0;
        Span<byte> head = stackalloc byte[12];
        Take(head);
        if (!head.StartsWith(magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != version)
        {
            throw new ProofException(
                $"not a .{Encoding.ASCII.GetString(magic)} file of version {version}");
        }

        uint sections = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        for (uint i = 0; i < sections; i++)
        {
            Take(head);
            uint id = BinaryPrimitives.ReadUInt32LittleEndian(head);
            long length = BinaryPrimitives.ReadInt64LittleEndian(head[4..]);
            if (id > IdMax || length < 0 || length > _left || _offsets[id] > 0)
            {
                throw new ProofException($"section {id} is there twice, or longer than the file");
            }

            (_offsets[id], _lengths[id]) = (stream.Position, length);
            _left -= length;
            stream.Position += length;
        }
    }

    /// <summary>Goes to a section's first byte.</summary>
    /// <exception cref="ProofException">It is missing, or has another length.</exception>
    public void Open(int id, long? length = null)
    {
        if (_offsets[id] == 0 || (length is { } wanted && wanted != _lengths[id]))
        {
            throw new ProofException($"section {id} is missing, or its length is wrong");
        }

        _stream.Position = _offsets[id];
        _left = _lengths[id];
    }

    /// <summary>Bytes of the section that are still to be read.</summary>
    public long Left => _left;

    public uint ReadUInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Take(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public T Read<T>()
        where T : unmanaged
    {
        T value = default;
        Take(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        return value;
    }

    /// <summary>So many values, as they lie in the file; memory is taken for no more than the
    /// section holds.</summary>
    public T[] Read<T>(int count)
        where T : unmanaged
    {
        if ((long)count * Unsafe.SizeOf<T>() > _left)
        {
            throw new ProofException("it ends too early");
        }

        T[] values = new T[count];
        Take(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>The prime of 32 bytes that a header names.</summary>
    public void RequirePrime<TPrime>()
        where TPrime : struct, IPrime
    {
        if (ReadUInt32() != Fp.Size || Read<ulong>() != TPrime.Limb0
            || Read<ulong>() != TPrime.Limb1 || Read<ulong>() != TPrime.Limb2
            || Read<ulong>() != TPrime.Limb3)
        {
            throw new ProofException("it is over another field than BN254's");
        }
    }

    private void Take(Span<byte> bytes)
    {
        if (bytes.Length > _left)
        {
            throw new ProofException("it ends too early");
        }

        try
        {
            _stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException failure)
        {
            throw new ProofException("it ends too early", failure);
        }

        _left -= bytes.Length;
    }
}
