using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// The least FlatBuffer writer that tests need: parents before children, one vtable per table,
/// every field in a slot of 8 bytes.
/// </summary>
internal sealed class FlatWriter
{
    private const int SlotBytes = 8;

    private readonly List<byte> _bytes = [];

    /// <summary>A file with this root table; fields by number, null where absent.</summary>
    public static byte[] Write(object?[] root)
    {
        FlatWriter writer = new();
        writer._bytes.AddRange([0, 0, 0, 0, .. "TFL3"u8]);
        writer.Patch(0, writer.Node(root));
        return [.. writer._bytes];
    }

    /// <summary>Writes a node; gives its position.</summary>
    private int Node(object value) => value switch
    {
        object?[] fields => Table(fields),
        string text => Vector(Encoding.UTF8.GetBytes(text), 1, terminated: true),
        byte[] bytes => Vector(bytes, 1),
        int[] ints => Vector(Raw(ints, 4), 4),
        float[] floats => Vector(Raw(floats, 4), 4),
        long[] longs => Vector(Raw(longs, 8), 8),
        List<object?[]> tables => Tables(tables),
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private int Table(object?[] fields)
    {
        Align(SlotBytes);
        int vtable = _bytes.Count;
        int vtableBytes = (4 + 2 * fields.Length + SlotBytes - 1) / SlotBytes * SlotBytes;
        int tableBytes = SlotBytes + SlotBytes * fields.Length;
        Append(new byte[vtableBytes + tableBytes]);
        int table = vtable + vtableBytes;
        Put16(vtable, 4 + 2 * fields.Length);
        Put16(vtable + 2, tableBytes);
        BinaryPrimitives.WriteInt32LittleEndian(Span(table, 4), vtableBytes);
        for (int i = 0; i < fields.Length; i++)
        {
            if (fields[i] is { } field)
            {
                Put16(vtable + 4 + 2 * i, SlotBytes + SlotBytes * i);
                Field(table + SlotBytes + SlotBytes * i, field);
            }
        }

        return table;
    }

    private void Field(int at, object field)
    {
        switch (field)
        {
            case byte x:
                Span(at, 1)[0] = x;
                break;
            case bool x:
                Span(at, 1)[0] = x ? (byte)1 : (byte)0;
                break;
            case int x:
                BinaryPrimitives.WriteInt32LittleEndian(Span(at, 4), x);
                break;
            case float x:
                BinaryPrimitives.WriteSingleLittleEndian(Span(at, 4), x);
                break;
            case long x:
                BinaryPrimitives.WriteInt64LittleEndian(Span(at, 8), x);
                break;
            default:
                Patch(at, Node(field));
                break;
        }
    }

    private int Tables(List<object?[]> tables)
    {
        int at = Vector(new byte[4 * tables.Count], 4);
        for (int i = 0; i < tables.Count; i++)
        {
            Patch(at + 4 + 4 * i, Table(tables[i]));
        }

        return at;
    }

    private int Vector(byte[] content, int elementBytes, bool terminated = false)
    {
        // The elements, not the count before them, are aligned.
        while ((_bytes.Count + 4) % SlotBytes != 0)
        {
            _bytes.Add(0);
        }

        int at = _bytes.Count;
        Append(new byte[4]);
        BinaryPrimitives.WriteInt32LittleEndian(Span(at, 4), content.Length / elementBytes);
        Append(content);
        Append(new byte[terminated ? 1 : 0]);
        return at;
    }

    private static byte[] Raw(Array values, int elementBytes)
    {
        byte[] bytes = new byte[values.Length * elementBytes];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return bytes;
    }

    private void Append(byte[] bytes) => _bytes.AddRange(bytes);

    private void Align(int to)
    {
        while (_bytes.Count % to != 0)
        {
            _bytes.Add(0);
        }
    }

    private void Patch(int at, int target) =>
        BinaryPrimitives.WriteInt32LittleEndian(Span(at, 4), target - at);

    private void Put16(int at, int value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(Span(at, 2), (ushort)value);

    private Span<byte> Span(int at, int length) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes).Slice(at, length);
}
