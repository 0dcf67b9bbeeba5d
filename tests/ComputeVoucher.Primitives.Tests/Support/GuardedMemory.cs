using System;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Primitives.Tests.Support;

/// <summary>
/// Memory between two pages that nobody can read: an over-read is a crash, not luck.
/// </summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int PageBytes = 4096;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private readonly byte* _mapping;
    private readonly int _bytes;

    public GuardedMemory(int bytes)
    {
        Assert.Equal(0, bytes % PageBytes);
        _bytes = bytes;

        // Safety: a fresh anonymous mapping; only its middle is made accessible.
        _mapping = mmap(null, (nuint)(bytes + 2 * PageBytes), 0, PrivateAnonymous, -1, 0);
        Assert.NotEqual(-1, (nint)_mapping);
        Assert.Equal(0, mprotect(_mapping + PageBytes, (nuint)bytes, ReadWrite));
    }

    public Span<byte> Span => new(_mapping + PageBytes, _bytes);

    public void Dispose() => Assert.Equal(0, munmap(_mapping, (nuint)(_bytes + 2 * PageBytes)));

    [LibraryImport("libc")]
    private static partial byte* mmap(
        void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(void* address, nuint length);
}
