using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// A table of a FlatBuffer; fields by their number in the schema, absent or present.
/// </summary>
internal readonly ref struct FlatTable(
    FlatBuffer buffer, int position, int vtable, int vtableBytes, int tableBytes)
{
    private readonly FlatBuffer _buffer = buffer;

    public byte Byte(int field, byte otherwise = 0) =>
        Find(field, 1, out int at) ? _buffer.Slice(at, 1)[0] : otherwise;

    public bool Bool(int field) => Byte(field) != 0;

    public int Int32(int field, int otherwise = 0) => Find(field, 4, out int at)
        ? BinaryPrimitives.ReadInt32LittleEndian(_buffer.Slice(at, 4))
        : otherwise;

    public uint UInt32(int field) => Find(field, 4, out int at) ? _buffer.UInt32(at) : 0;

    public ulong UInt64(int field) => Find(field, 8, out int at)
        ? BinaryPrimitives.ReadUInt64LittleEndian(_buffer.Slice(at, 8))
        : 0;

    public float Single(int field) => Find(field, 4, out int at)
        ? BinaryPrimitives.ReadSingleLittleEndian(_buffer.Slice(at, 4))
        : 0;

    public bool Has(int field) => Find(field, 1, out _);

    /// <summary>A table that a field points to; false where the field is absent.</summary>
    public bool TryTable(int field, out FlatTable table)
    {
        bool found = Find(field, 4, out int at);
        table = found ? _buffer.Table(_buffer.Indirect(at)) : default;
        return found;
    }

    /// <summary>A vector that a field points to; empty where the field is absent.</summary>
    public FlatVector Vector(int field, int elementBytes) => Find(field, 4, out int at)
        ? _buffer.Vector(_buffer.Indirect(at), elementBytes)
        : default;

    /// <summary>A string that a field points to; empty where the field is absent.</summary>
    public string Text(int field) =>
        Find(field, 4, out int at) ? _buffer.Text(_buffer.Indirect(at)) : "";

    private bool Find(int field, int bytes, out int at)
    {
        at = 0;
        int slot = 4 + 2 * field;
        if (slot + 2 > vtableBytes)
        {
            return false;
        }

        int offset = _buffer.UInt16(vtable + slot);
        if (offset == 0)
        {
            return false;
        }

        if (offset < 4 || offset + bytes > tableBytes)
        {
            throw new ModelException(FormattableString.Invariant(
                $"the file is damaged: field {field} of the table at {position} is outside it"));
        }

        at = position + offset;
        return true;
    }
}

/// <summary>A vector of a FlatBuffer: its bytes, and tables where it holds offsets.</summary>
internal readonly ref struct FlatVector(FlatBuffer buffer, long position, ReadOnlySpan<byte> bytes)
{
    private readonly FlatBuffer _buffer = buffer;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int Count(int elementBytes) => Bytes.Length / elementBytes;

    public int Int32(int index) => BinaryPrimitives.ReadInt32LittleEndian(Bytes[(4 * index)..]);

    public long Int64(int index) => BinaryPrimitives.ReadInt64LittleEndian(Bytes[(8 * index)..]);

    public float Single(int index) =>
        BinaryPrimitives.ReadSingleLittleEndian(Bytes[(4 * index)..]);

    /// <summary>The table that element index of a vector of offsets points to.</summary>
    public FlatTable Table(int index) =>
        _buffer.Table(_buffer.Indirect(position + 4L * index));

    /// <exception cref="ModelException">More elements than the limit.</exception>
    public int[] Int32Array(int countMax, string what)
    {
        int count = Count(4);
        if (count > countMax)
        {
            throw new ModelException(FormattableString.Invariant(
                $"{what} has {count} entries, {countMax} is the most"));
        }

        int[] values = new int[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Int32(i);
        }

        return values;
    }
}
