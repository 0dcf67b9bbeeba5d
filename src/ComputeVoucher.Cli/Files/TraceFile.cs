using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Cli;

/// <summary>
/// A whole trace on disk, little endian: magic 8, tensors u32, reserved u32, trace root 32; then
/// per tensor type u8, rank u8, reserved u16, dims u32 each, length u64, data.
/// </summary>
internal sealed class TraceFile
{
    public const int CountOffset = 8;
    public const int RootOffset = 16;
    public const int HeaderBytes = 48;

    /// <summary>Tensors of one trace; the largest graph known to us has 400 operators.</summary>
    private const uint TensorsMax = 1 << 20;

    /// <summary>Rank of a tensor in the formats that are imported.</summary>
    private const int RankMax = 8;

    /// <summary>One file read into memory.</summary>
    private const long FileBytesMax = 1L << 31;

    private readonly string _path;

    private TraceFile(string path, Bytes32 root, List<Tensor> tensors) =>
        (_path, Root, Tensors) = (path, root, tensors);

    public static ReadOnlySpan<byte> Magic => "CVTRACE1"u8;

    /// <summary>The trace root that the header states; not yet checked.</summary>
    public Bytes32 Root { get; }

    public IReadOnlyList<Tensor> Tensors { get; }

    public static void WriteTensor(Stream destination, in TracedTensor tensor)
    {
        Span<byte> head = stackalloc byte[4 + 4 * RankMax + 8];
        head[0] = (byte)tensor.Type;
        head[1] = checked((byte)tensor.Dims.Length);
        head[2..4].Clear();
        int at = 4;
        foreach (int dim in tensor.Dims)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head[at..], dim);
            at += 4;
        }

        BinaryPrimitives.WriteInt64LittleEndian(head[at..], tensor.Data.Length);
        destination.Write(head[..(at + 8)]);
        destination.Write(tensor.Data);
    }

    /// <exception cref="CommandException">Not a trace file, or cut short.</exception>
    public static TraceFile Load(string path)
    {
        FileInfo info = new(path);
        if (!info.Exists)
        {
            throw new CommandException($"{path}: no such trace file (check the path)");
        }

        if (info.Length is < HeaderBytes or > FileBytesMax)
        {
            throw Damaged(path, "its length is impossible");
        }

        byte[] file = File.ReadAllBytes(path);
        if (!file.AsSpan().StartsWith(Magic))
        {
            throw Damaged(path, "it does not begin with CVTRACE1");
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(CountOffset));
        if (count > TensorsMax)
        {
            throw Damaged(path, $"it claims {count} tensors");
        }

        List<Tensor> tensors = [];
        int at = HeaderBytes;
        for (uint i = 0; i < count; i++)
        {
            tensors.Add(ReadTensor(path, file, ref at));
        }

        return at == file.Length
            ? new TraceFile(path, new Bytes32(file.AsSpan(RootOffset, Bytes32.Size)), tensors)
            : throw Damaged(path, $"{file.Length - at} bytes follow the last tensor");
    }

    /// <summary>The tensors as somebody who judges them takes them.</summary>
    public RecordedTrace Recorded()
    {
        try
        {
            List<(TensorType Type, int[] Dims, byte[] Data)> tensors = [];
            foreach (Tensor tensor in Tensors)
            {
                tensors.Add((tensor.Type, tensor.Dims, tensor.Data.ToArray()));
            }

            return RecordedTrace.OfTensors(tensors);
        }
        catch (ArgumentException failure)
        {
            throw Damaged(_path, failure.Message);
        }
    }

    private static Tensor ReadTensor(string path, byte[] file, ref int at)
    {
        if (file.Length - at < 4 || file[at + 1] > RankMax
            || file.Length - at < 12 + 4 * file[at + 1])
        {
            throw Damaged(path, $"a tensor is cut short at offset {at}");
        }

        byte type = file[at];
        int[] dims = new int[file[at + 1]];
        at += 4;
        for (int i = 0; i < dims.Length; i++)
        {
            dims[i] = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));
            at += 4;
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at));
        at += 8;
        if (length < 0 || length > file.Length - at)
        {
            throw Damaged(path, $"a tensor is cut short at offset {at}");
        }

        Tensor tensor = new((TensorType)type, dims, file.AsMemory(at, (int)length));
        at += (int)length;
        return tensor;
    }

    private static CommandException Damaged(string path, string what) =>
        new($"{path}: not a trace file: {what} (write it with: computevoucher infer --trace)");

    /// <summary>One tensor, in the canonical layout that was committed.</summary>
    internal sealed record Tensor(TensorType Type, int[] Dims, ReadOnlyMemory<byte> Data)
    {
        public Bytes32 Hash() => TraceTree.TensorHash(Type, Dims, Data.Span);
    }
}
