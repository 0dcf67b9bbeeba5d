using System;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>A zeroed, aligned buffer outside the managed heap; freed with its owner.</summary>
// Safety: Pointer covers Length elements until Dispose; Span is checked.
internal sealed unsafe class NativeBuffer<T> : IDisposable where T : unmanaged
{
    private const int AlignmentBytes = 64;
    private T* _pointer;

    public NativeBuffer(long length)
    {
        Length = length;
        nuint bytes = checked((nuint)Math.Max(length, 1) * (nuint)sizeof(T));
        _pointer = (T*)NativeMemory.AlignedAlloc(bytes, AlignmentBytes);
        NativeMemory.Clear(_pointer, bytes);
    }

    ~NativeBuffer() => Free();

    public long Length { get; }

    public T* Pointer => _pointer;

    public Span<T> Span(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
        return new Span<T>(_pointer + start, length);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
