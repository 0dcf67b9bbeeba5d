using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Threading;

namespace ComputeVoucher.Primitives.Internal;

/// <summary>
/// Room for private keys, outside of the collector's heap: pages that hold nothing else, that are
/// not written to swap and that no core dump contains.
/// </summary>
// Safety: a slot lies inside a page that is mapped for good, and has one holder at a time.
internal static unsafe partial class SecretMemory
{
    /// <summary>Of one key.</summary>
    public const int SlotBytes = 32;

    // Linux, x86-64 and arm64: mman.h.
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int DontDump = 16;
    private const nint MapFailed = -1;

    private static readonly Lock s_gate = new();

    /// <summary>The first free slot, which holds the place of the next one; null at the end.
    /// </summary>
    private static byte* s_free;

    /// <summary>False when a page could not be locked: RLIMIT_MEMLOCK is too low for it. It is left
    /// out of dumps all the same.</summary>
    public static bool IsLocked { get; private set; } = true;

    /// <summary>A slot of zeros, its holder's until <see cref="Return"/>.</summary>
    public static byte* Rent()
    {
        lock (s_gate)
        {
            if (s_free is null)
            {
                AddPage();
            }

            // Safety: free slots hold the place of another or null, and are aligned to 32 bytes.
            byte* slot = s_free;
            s_free = *(byte**)slot;
            *(byte**)slot = null;
            return slot;
        }
    }

    /// <summary>Wipes a slot and takes it back.</summary>
    public static void Return(byte* slot)
    {
        // Safety: the slot is a whole one, and its holder's last call.
        CryptographicOperations.ZeroMemory(new Span<byte>(slot, SlotBytes));
        lock (s_gate)
        {
            *(byte**)slot = s_free;
            s_free = slot;
        }
    }

    private static void AddPage()
    {
        nuint bytes = (nuint)Environment.SystemPageSize;
        nint page = mmap(0, bytes, ReadWrite, PrivateAnonymous, -1, 0);
        if (page == MapFailed)
        {
            throw new InsufficientMemoryException("no page for a private key: mmap failed");
        }

        // Before there is anything in it. The dump's exclusion needs no right and does not fail.
        _ = madvise(page, bytes, DontDump);
        IsLocked &= mlock(page, bytes) == 0;
        for (nint slot = page + (nint)bytes - SlotBytes; slot >= page; slot -= SlotBytes)
        {
            *(byte**)slot = s_free;
            s_free = (byte*)slot;
        }
    }

    [LibraryImport("libc")]
    private static partial nint mmap(
        nint address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mlock(nint address, nuint bytes);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint bytes, int advice);
}
