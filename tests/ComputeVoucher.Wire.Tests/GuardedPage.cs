using System;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Memory whose last byte is followed by a page that nobody may touch.</summary>
internal sealed partial class GuardedPage : IDisposable
{
    private const int PageBytes = 4096;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly nint _memory;
    private readonly nuint _bytes;

    public GuardedPage(int bytes)
    {
        nuint rounded = (nuint)((bytes + PageBytes - 1) / PageBytes * PageBytes);
        _bytes = rounded + PageBytes;
        _memory = Map(0, _bytes, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.NotEqual(-1, _memory);
        Assert.Equal(0, Protect(_memory + (nint)rounded, PageBytes, 0));
    }

    /// <summary>So many bytes, the last one just before the guard.</summary>
    public Span<byte> EndingAtTheEdge(int bytes)
    {
        // Safety: the mapping is _bytes long and lives until Dispose; bytes fits before the guard.
        unsafe
        {
            return new Span<byte>((byte*)_memory + (nint)_bytes - PageBytes - bytes, bytes);
        }
    }

    public void Dispose() => _ = Unmap(_memory, _bytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(
        nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
