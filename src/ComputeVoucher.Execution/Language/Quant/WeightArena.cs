using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Memory of a model's weights in a few large pieces on huge pages: a decoder reads all of it for
/// every token, and with pages of 4 KiB a good part of that time goes into address translation.
/// </summary>
// Safety: pieces are freed with the arena, which lives as long as the model that owns the matrices.
internal sealed unsafe partial class WeightArena : IDisposable
{
    /// <summary>Size of a huge page on x86-64, and the alignment that gets one.</summary>
    private const int PageBytes = 2 << 20;

    /// <summary>
    /// Pieces are as large as the model, up to this; a larger matrix has its own.
    /// </summary>
    private const long PieceBytesMax = 64 << 20;

    /// <summary>Cache lines: no block of a kernel straddles one more than it must.</summary>
    private const int AlignmentBytes = 64;

    /// <summary>MADV_HUGEPAGE of madvise(2).</summary>
    private const int AdviceHugePage = 14;

    private readonly List<nint> _pieces = [];
    private readonly long _pieceBytes;
    private byte* _next;
    private long _left;
    private long _total;

    /// <param name="expectedBytes">What the model will take in all, roughly.</param>
    public WeightArena(long expectedBytes) =>
        _pieceBytes = Math.Clamp(expectedBytes, AlignmentBytes, PieceBytesMax);

    ~WeightArena() => Free();

    /// <summary>Zeroed bytes, valid until the arena is disposed.</summary>
    public byte* Take(long bytes)
    {
        long rounded = checked(bytes + AlignmentBytes - 1) / AlignmentBytes * AlignmentBytes;
        if (rounded > _left)
        {
            long piece = Math.Max(rounded, _pieceBytes);
            piece = checked(piece + PageBytes - 1) / PageBytes * PageBytes;
            _next = (byte*)NativeMemory.AlignedAlloc((nuint)piece, PageBytes);
            _pieces.Add((nint)_next);
            _left = piece;
            _total += piece;
            GC.AddMemoryPressure(piece);
            if (OperatingSystem.IsLinux())
            {
                // Advice only: a kernel without huge pages refuses, and nothing is lost.
                _ = Advise(_next, (nuint)piece, AdviceHugePage);
            }
        }

        byte* taken = _next;
        NativeMemory.Clear(taken, (nuint)rounded);
        _next += rounded;
        _left -= rounded;
        return taken;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    // Safety: advice on memory of our own; the result carries nothing.
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static unsafe partial int Advise(void* address, nuint length, int advice);

    private void Free()
    {
        foreach (nint piece in _pieces)
        {
            NativeMemory.AlignedFree((void*)piece);
        }

        if (_total > 0)
        {
            GC.RemoveMemoryPressure(_total);
        }

        _pieces.Clear();
        _total = 0;
        _left = 0;
    }
}
