using System;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Keys and values of one stream: int16 rows with one exponent per token and head. Belongs to one
/// session; its size is known before it is allocated and it never grows past the context.
/// </summary>
// Safety: the pointers cover Layers × KvHeads × Capacity rows and are freed with the object.
internal sealed unsafe class KvCache : IDisposable
{
    private const int AlignmentBytes = 64;
    private readonly LlamaShape _shape;
    private byte* _memory;
    private short* _keys;
    private short* _values;
    private byte* _keyZ;
    private byte* _valueZ;

    public KvCache(LlamaShape shape, int capacity)
    {
        _shape = shape;
        Stride = StrideOf(shape);
        Capacity = capacity;
        long rows = Rows(shape, capacity);
        Bytes = BytesOf(shape, capacity);
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, AlignmentBytes);
        NativeMemory.Clear(_memory, (nuint)Bytes);
        GC.AddMemoryPressure(Bytes);
        _keys = (short*)_memory;
        _values = _keys + rows * Stride;
        _keyZ = (byte*)(_values + rows * Stride);
        _valueZ = _keyZ + rows;
    }

    ~KvCache() => Free();

    /// <summary>Elements of a row: HeadDim rounded up to 16, the rest zero.</summary>
    public int Stride { get; }

    /// <summary>Positions.</summary>
    public int Capacity { get; }

    public long Bytes { get; }

    public static int StrideOf(LlamaShape shape) => (shape.HeadDim + 15) / 16 * 16;

    /// <summary>Memory of a cache, computed before any is asked for.</summary>
    public static long BytesOf(LlamaShape shape, int capacity) =>
        checked(Rows(shape, capacity) * (4 * StrideOf(shape) + 2));

    /// <summary>Keys of a head: [Capacity, Stride].</summary>
    public short* Keys(int layer, int head) => _keys + Row(layer, head) * Stride;

    public short* Values(int layer, int head) => _values + Row(layer, head) * Stride;

    /// <summary>Exponents of a head's keys: [Capacity].</summary>
    public byte* KeyExponents(int layer, int head) => _keyZ + Row(layer, head);

    public byte* ValueExponents(int layer, int head) => _valueZ + Row(layer, head);

    /// <summary>Forgets everything: the next holder's run starts on zeros.</summary>
    public void Clear() => NativeMemory.Clear(_memory, (nuint)Bytes);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static long Rows(LlamaShape shape, int capacity) =>
        checked((long)shape.Layers * shape.KvHeads * capacity);

    private long Row(int layer, int head) =>
        ((long)layer * _shape.KvHeads + head) * Capacity;

    private void Free()
    {
        if (_memory != null)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            GC.RemoveMemoryPressure(Bytes);
        }
    }
}
