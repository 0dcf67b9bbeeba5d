using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;
using Microsoft.Win32.SafeHandles;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Standard output that somebody else made not to wait (O_NONBLOCK).</summary>
[Trait("Category", "load")]
public sealed partial class LibcTests
{
    /// <summary>Many times what a pipe holds (64 KiB).</summary>
    private const int Bytes = 1 << 20;

    private const int SetFlags = 4;
    private const int NonBlocking = 0x800;

    [Fact]
    public async Task TryWrite_ToAFullPipeThatDoesNotWait_WritesAllThenSeesTheReaderGo()
    {
        int[] ends = new int[2];
        Assert.Equal(0, pipe(ref ends[0]));
        Assert.Equal(0, fcntl(ends[1], SetFlags, NonBlocking));
        using SafeFileHandle writer = new(ends[1], ownsHandle: true);
        byte[] sent = new byte[Bytes];
        new Random(1).NextBytes(sent);
        byte[] got = new byte[Bytes];
        await using (FileStream reader = new(
            new SafeFileHandle(ends[0], ownsHandle: true), FileAccess.Read, bufferSize: 0))
        {
            Task<bool> writing = Task.Run(() => Libc.TryWrite(ends[1], sent));
            await reader.ReadExactlyAsync(got).AsTask().WaitAsync(Patience.Default);
            Assert.True(await Patience.WaitAsync(writing));
        }

        Assert.Equal(sent, got);
        Assert.False(Libc.TryWrite(ends[1], sent));
    }

    [LibraryImport("libc")]
    private static partial int pipe(ref int ends);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);
}
