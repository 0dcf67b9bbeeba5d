using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace ComputeVoucher.ModelFiles;

/// <summary>
/// Writes GGUF version 3 (as ggml specifies): values and tensors in the order in which they were
/// added. Tensor contents are asked for when the file is written, so that a model may be larger
/// than memory.
/// </summary>
public sealed class GgufWriter : IDisposable
{
    /// <summary>Tensor types, as ggml numbers them.</summary>
    public const uint TypeF32 = 0, TypeQ8 = 8;

    private const uint Version = 3;
    private const int Alignment = 32;

    private enum ValueType : uint
    {
        UInt32 = 4,
        Int32 = 5,
        Float32 = 6,
        Bool = 7,
        String = 8,
        Array = 9,
        UInt64 = 10,
        Float64 = 12,
    }

    private readonly MemoryStream _values = new();
    private readonly List<Tensor> _tensors = [];
    private ulong _valueCount;

    public void Dispose() => _values.Dispose();

    public void Add(string key, string value) => WriteString(Header(key, ValueType.String), value);

    public void Add(string key, uint value) => Header(key, ValueType.UInt32).Write(value);

    public void Add(string key, float value) => Header(key, ValueType.Float32).Write(value);

    public void Add(string key, int value) => Header(key, ValueType.Int32).Write(value);

    public void Add(string key, ulong value) => Header(key, ValueType.UInt64).Write(value);

    public void Add(string key, double value) => Header(key, ValueType.Float64).Write(value);

    public void Add(string key, bool value) => Header(key, ValueType.Bool).Write(value);

    public void Add(string key, IReadOnlyCollection<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        BinaryWriter writer = Array(key, ValueType.String, values.Count);
        foreach (string value in values)
        {
            WriteString(writer, value);
        }
    }

    public void Add(string key, IReadOnlyCollection<int> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        BinaryWriter writer = Array(key, ValueType.Int32, values.Count);
        foreach (int value in values)
        {
            writer.Write(value);
        }
    }

    public void Add(string key, IReadOnlyCollection<float> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        BinaryWriter writer = Array(key, ValueType.Float32, values.Count);
        foreach (float value in values)
        {
            writer.Write(value);
        }
    }

    /// <param name="name">As the architecture calls it.</param>
    /// <param name="type">ggml's number of the format.</param>
    /// <param name="dims">Columns first, then rows.</param>
    /// <param name="bytes">That <paramref name="write"/> will write.</param>
    /// <param name="write">The blocks, row by row.</param>
    public void AddTensor(
        string name, uint type, ulong[] dims, long bytes, Action<BinaryWriter> write) =>
        _tensors.Add(new Tensor(name, type, dims, bytes, write));

    /// <summary>The file; the stream is at its beginning, and stays open.</summary>
    public void Write(Stream stream)
    {
        using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_tensors.Count);
        writer.Write(_valueCount);
        writer.Write(_values.ToArray());
        long offset = 0;
        foreach (Tensor tensor in _tensors)
        {
            WriteString(writer, tensor.Name);
            writer.Write((uint)tensor.Dims.Length);
            foreach (ulong dim in tensor.Dims)
            {
                writer.Write(dim);
            }

            writer.Write(tensor.Type);
            writer.Write(offset);
            offset += tensor.Bytes + Padding(tensor.Bytes);
        }

        Pad(writer);
        foreach (Tensor tensor in _tensors)
        {
            tensor.Write(writer);
            Pad(writer);
        }
    }

    public byte[] ToArray()
    {
        using MemoryStream file = new();
        Write(file);
        return file.ToArray();
    }

    private BinaryWriter Array(string key, ValueType type, int count)
    {
        BinaryWriter writer = Header(key, ValueType.Array);
        writer.Write((uint)type);
        writer.Write((ulong)count);
        return writer;
    }

    private BinaryWriter Header(string key, ValueType type)
    {
        _valueCount++;
        BinaryWriter writer = new(_values);
        WriteString(writer, key);
        writer.Write((uint)type);
        return writer;
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static long Padding(long length) => (Alignment - length % Alignment) % Alignment;

    private static void Pad(BinaryWriter writer) =>
        writer.Write(new byte[Padding(writer.BaseStream.Position)]);

    private sealed record Tensor(
        string Name, uint Type, ulong[] Dims, long Bytes, Action<BinaryWriter> Write);
}
