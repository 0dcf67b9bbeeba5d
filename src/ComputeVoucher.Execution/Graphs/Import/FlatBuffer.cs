using System;
using System.Buffers.Binary;
using System.Text;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Bounded reads of a FlatBuffer (https://flatbuffers.dev/internals): tables point back to a vtable
/// of 16-bit field offsets; vectors and strings carry a 32-bit count. Every read is checked against
/// the file; nothing is copied and nothing recurses.
/// </summary>
internal readonly ref struct FlatBuffer(ReadOnlySpan<byte> file)
{
    private readonly ReadOnlySpan<byte> _file = file;

    /// <summary>The table that the file begins with an offset to.</summary>
    public FlatTable Root => Table(Indirect(0));

    public int Length => _file.Length;

    public ReadOnlySpan<byte> Slice(long position, long length)
    {
        if (position < 0 || length < 0 || position > _file.Length - length)
        {
            throw new ModelException(FormattableString.Invariant(
                $"the file is damaged: it has no {length} bytes at {position}"));
        }

        return _file.Slice((int)position, (int)length);
    }

    public uint UInt32(long position) =>
        BinaryPrimitives.ReadUInt32LittleEndian(Slice(position, 4));

    public ushort UInt16(long position) =>
        BinaryPrimitives.ReadUInt16LittleEndian(Slice(position, 2));

    /// <summary>Where the unsigned offset at this position points to.</summary>
    public long Indirect(long position) => position + UInt32(position);

    public FlatTable Table(long position)
    {
        long vtable = position - BinaryPrimitives.ReadInt32LittleEndian(Slice(position, 4));
        int vtableBytes = UInt16(vtable);
        int tableBytes = UInt16(vtable + 2);

        // Slots have two bytes: an odd length would lose the last field of the table.
        if (vtableBytes < 4 || vtableBytes % 2 != 0 || tableBytes < 4)
        {
            throw new ModelException(FormattableString.Invariant(
                $"the file is damaged: no table at {position}"));
        }

        _ = Slice(vtable, vtableBytes);
        _ = Slice(position, tableBytes);
        return new FlatTable(this, (int)position, (int)vtable, vtableBytes, tableBytes);
    }

    /// <summary>A vector of elements of a fixed width, lengths checked.</summary>
    public FlatVector Vector(long position, int elementBytes)
    {
        uint count = UInt32(position);
        return new FlatVector(this, position + 4, Slice(position + 4, count * (long)elementBytes));
    }

    /// <summary>Text for messages: printable, and no longer than 64 characters.</summary>
    public string Text(long position)
    {
        const int CharsMax = 64;
        ReadOnlySpan<byte> bytes = Slice(position + 4, UInt32(position));
        string text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, CharsMax)]);
        return string.Create(text.Length, text, static (chars, from) =>
        {
            for (int i = 0; i < chars.Length; i++)
            {
                chars[i] = char.IsControl(from[i]) ? '?' : from[i];
            }
        });
    }
}
