using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Execution.Graphs;

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
