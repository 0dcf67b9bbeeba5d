using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What the kernel says of a process that has keys in memory.</summary>
[Trait("Category", "load")]
public sealed class ProcessTests
{
    /// <summary>Becomes the command, as a user who is not root if this one is: of root's processes
    /// the kernel shows no difference.</summary>
    private const string AsUser = """
        [ "$(id -u)" = 0 ] || exec "$@"
        folder=$(dirname "$4")
        cp "$1" "$folder/binary" && chown -R 65534:65534 "$folder" && shift
        exec setpriv --reuid=65534 --regid=65534 --clear-groups "$folder/binary" "$@"
        """;

    [BinaryFact]
    public async Task Serve_Limits_NoCoreAndEveryDescriptor()
    {
        await using ServingProcess node = await ServingProcess.StartAsync(
            "ulimit -Sn 300; ulimit -c unlimited; exec \"$@\"");
        Assert.Equal(["0", "0"], Limit(node, "Max core file size"));
        string[] files = Limit(node, "Max open files");
        Assert.NotEqual("300", files[0]);
        Assert.Equal(files[1], files[0]);
    }

    [BinaryFact]
    public async Task Doctor_FewDescriptors_SaysSo()
    {
        await using ServingProcess node = await ServingProcess.StartAsync("exec \"$@\"");
        (int status, string report) = await ServingProcess.ShellAsync(
            "ulimit -n 1000; exec \"$@\"", NodeRig.Binary!, "doctor", "--config",
            node.PathOf("node.json"));
        Assert.Equal(1, status);
        Assert.Contains("WRONG files     1000 descriptors are allowed and ", report,
            StringComparison.Ordinal);
    }

    /// <summary>Another process of the same user may not look into it: its files in /proc are
    /// root's.</summary>
    [BinaryFact]
    public async Task Serve_Memory_IsRootsToSee()
    {
        await using ServingProcess node = await ServingProcess.StartAsync(AsUser);
        (_, string owner) = await ServingProcess.ShellAsync(
            "stat -c %u \"$1\"", $"/proc/{node.Id}/mem");
        Assert.Equal("0", owner.Trim());
        Assert.NotEqual("0", node.Proc("status").Single(
            line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1]);
    }

    /// <summary>Of a key there is one copy, in a page that is locked and in no dump; of its digits
    /// there is none.</summary>
    [RootBinaryFact]
    public async Task Serve_Keys_OnceAndInLockedPages()
    {
        await using ServingProcess node = await ServingProcess.StartAsync("exec \"$@\"");
        foreach (string name in new[] { "node.key", "payer.key" })
        {
            string digits = File.ReadAllText(node.PathOf(name)).Trim();
            string flags = Assert.Single(Pages(node, Convert.FromHexString(digits)));
            Assert.Contains(" lo ", flags, StringComparison.Ordinal);
            Assert.Contains(" dd ", flags, StringComparison.Ordinal);
            Assert.Empty(Pages(node, Encoding.ASCII.GetBytes(digits)));
            Assert.Empty(Pages(node, Encoding.Unicode.GetBytes(digits)));
        }
    }

    /// <summary>Soft and hard.</summary>
    private static string[] Limit(ServingProcess node, string name) =>
        node.Proc("limits").Single(line => line.StartsWith(name, StringComparison.Ordinal))
            [name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2];

    /// <summary>The flags of the mapping around each place where the bytes stand.</summary>
    private static List<string> Pages(ServingProcess node, byte[] wanted)
    {
        List<string> found = [];
        int times = 0;
        using FileStream memory = new(
            $"/proc/{node.Id}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        foreach (string line in node.Proc("smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "VmFlags:")
            {
                found.AddRange(Enumerable.Repeat(line + " ", times));
            }
            else if (!words[0].EndsWith(':'))
            {
                // Where nothing is mapped for writing there is no key.
                times = words[1].StartsWith("rw", StringComparison.Ordinal)
                    ? Count(memory, words[0].Split('-'), wanted)
                    : 0;
            }
        }

        return found;
    }

    private static int Count(FileStream memory, string[] range, byte[] wanted)
    {
        long from = Convert.ToInt64(range[0], 16);
        byte[] bytes = new byte[Convert.ToInt64(range[1], 16) - from];
        try
        {
            memory.Seek(from, SeekOrigin.Begin);
            memory.ReadExactly(bytes);
        }
        catch (IOException)
        {
            // The kernel's own pages cannot be read.
            return 0;
        }

        int count = 0;
        ReadOnlySpan<byte> rest = bytes;
        for (int at = rest.IndexOf(wanted); at >= 0; at = rest.IndexOf(wanted))
        {
            count++;
            rest = rest[(at + wanted.Length)..];
        }

        return count;
    }
}

/// <summary>A <see cref="BinaryFactAttribute"/> that looks into another process.</summary>
public sealed class RootBinaryFactAttribute : FactAttribute
{
    public RootBinaryFactAttribute() => Skip = new BinaryFactAttribute().Skip
        ?? new RootFactAttribute().Skip;
}
