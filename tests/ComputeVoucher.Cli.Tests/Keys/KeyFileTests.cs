using System;
using System.IO;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Which files are taken for keys, and what reading one does to the process.</summary>
[Trait("Category", "load")]
public sealed partial class KeyFileTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Account 0 of the mnemonic "test test … junk", known to everybody.
    private const string Known =
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    private const uint Nobody = 65_534;

    /// <summary>PR_GET_DUMPABLE.</summary>
    private const int GetDumpable = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("cv-keys-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "a.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Create_NewFile_LoadsWithMode0600()
    {
        Address address = KeyFile.Create(Path);
        using PrivateKey key = KeyFile.Load(Path);
        Assert.Equal(address, key.Address);
        Assert.Equal(Owner, File.GetUnixFileMode(Path));
        Assert.Matches("^[0-9a-f]{64}\n$", File.ReadAllText(Path));
    }

    [Fact]
    public void Create_FileThere_NeverOverwritten()
    {
        KeyFile.Create(Path);
        string before = File.ReadAllText(Path);
        Assert.Contains("never overwritten",
            Assert.Throws<CommandException>(() => KeyFile.Create(Path)).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path));
    }

    [Theory]
    [InlineData(Owner)]
    [InlineData(UnixFileMode.UserRead)]
    public void Load_OwnerOnly_Accepted(UnixFileMode mode)
    {
        Write(Known + "\n", mode);
        using PrivateKey key = KeyFile.Load(Path);
        Assert.Equal("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", key.Address.ToString());
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void Load_OpenToOthers_RefusedWithRemedy(UnixFileMode extra)
    {
        Write(Known, Owner | extra);
        Assert.Contains("chmod 600",
            Assert.Throws<CommandException>(() => KeyFile.Load(Path)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ac09")]
    [InlineData(Known + "00")]
    [InlineData("gg0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Load_NotAKey_RefusedWithoutQuotingIt(string text)
    {
        Write(text, Owner);
        CommandException refused = Assert.Throws<CommandException>(() => KeyFile.Load(Path));
        Assert.Contains("not a key file", refused.Message, StringComparison.Ordinal);
        Assert.True(text.Length < 8
            || !refused.Message.Contains(text, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Each would be opened and read as a file is, or waited for without end.</summary>
    [Fact]
    public async Task Load_NoFile_OneLineAndNoWait()
    {
        string[] others = [PathOf("folder"), PathOf("pipe"), PathOf("socket"), PathOf("device")];
        Directory.CreateDirectory(others[0]);
        Assert.Equal(0, mkfifo(others[1], 0x180));
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(others[2]));
        File.CreateSymbolicLink(others[3], "/dev/zero");
        foreach (string path in others)
        {
            Task<string> refused = Task.Run(() => Refused(path));
            Assert.Contains("from a file only", await Patience.WaitAsync(refused),
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void FolderThatOthersWrite_OfTheKeyAndAbove_Refused(UnixFileMode wide)
    {
        string inner = Directory.CreateDirectory(PathOf("outer/inner")).FullName;
        string key = System.IO.Path.Combine(inner, "a.key");
        KeyFile.Create(key);
        foreach (string folder in new[] { inner, PathOf("outer") })
        {
            UnixFileMode before = File.GetUnixFileMode(folder);
            File.SetUnixFileMode(folder, before | wide);
            Assert.Contains($"chmod go-w {folder}", Refused(key), StringComparison.Ordinal);
            Assert.Contains($"chmod go-w {folder}", Assert.Throws<CommandException>(
                () => KeyFile.Create(key + "2")).Message, StringComparison.Ordinal);
            // As on /tmp: others may add, and not replace.
            File.SetUnixFileMode(folder, before | wide | UnixFileMode.StickyBit);
            KeyFile.Load(key).Dispose();
            File.SetUnixFileMode(folder, before);
        }

        KeyFile.Load(key).Dispose();
    }

    [Fact]
    public void Link_IntoSuchAFolderOrOutOfIt_Refused()
    {
        string open = Directory.CreateDirectory(PathOf("open")).FullName;
        string inside = System.IO.Path.Combine(open, "a.key");
        KeyFile.Create(inside);
        KeyFile.Create(Path);
        File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
        File.CreateSymbolicLink(PathOf("into"), inside);
        string outOf = System.IO.Path.Combine(open, "out");
        File.CreateSymbolicLink(outOf, Path);
        Directory.CreateSymbolicLink(PathOf("other"), open);
        string[] links = [PathOf("into"), outOf, PathOf("other/a.key")];
        foreach (string link in links)
        {
            Assert.Contains($"others may write its folder", Refused(link),
                StringComparison.Ordinal);
        }

        File.CreateSymbolicLink(PathOf("good"), Path);
        KeyFile.Load(PathOf("good")).Dispose();
    }

    [RootFact]
    public void Load_OfAnotherUser_Refused()
    {
        KeyFile.Create(Path);
        Assert.Equal(0, chown(Path, Nobody, Nobody));
        Assert.Contains($"key file of another user, number {Nobody}", Refused(Path),
            StringComparison.Ordinal);
    }

    [RootFact]
    public void FolderOfAnotherUser_OfTheKeyAndAbove_Refused()
    {
        string inner = Directory.CreateDirectory(PathOf("outer/inner")).FullName;
        string key = System.IO.Path.Combine(inner, "a.key");
        KeyFile.Create(key);
        Directory.CreateSymbolicLink(PathOf("link"), inner);
        foreach (string folder in new[] { inner, PathOf("outer") })
        {
            Assert.Equal(0, chown(folder, Nobody, Nobody));
            string words = $" is of another user, number {Nobody}";
            Assert.Contains($"its folder {folder}{words}", Refused(key), StringComparison.Ordinal);
            Assert.Contains(words, Refused(PathOf("link/a.key")), StringComparison.Ordinal);
            Assert.Contains(words, Assert.Throws<CommandException>(
                () => KeyFile.Create(PathOf("link/b.key"))).Message, StringComparison.Ordinal);
            Assert.Equal(0, chown(folder, 0, 0));
        }

        Assert.Contains("is not to be read", Assert.Throws<CommandException>(
            () => KeyFile.Create(PathOf("nowhere/a.key"))).Message, StringComparison.Ordinal);
    }

    /// <summary>The process that read a key is in no dump, and nobody looks into it.</summary>
    [Fact]
    public void Load_ForbidsDumps()
    {
        Write(Known, Owner);
        KeyFile.Load(Path).Dispose();
        Assert.Equal(0, prctl(GetDumpable, 0, 0, 0, 0));
        Assert.Contains(File.ReadLines("/proc/self/limits"), line => line.StartsWith(
            "Max core file size        0                    0 ", StringComparison.Ordinal));
    }

    private static string Refused(string path) =>
        Assert.Throws<CommandException>(() => KeyFile.Load(path)).Message;

    private string PathOf(string name) => System.IO.Path.Combine(_folder, name);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc")]
    private static partial int prctl(
        int option, nuint second, nuint third, nuint fourth, nuint fifth);

    private void Write(string text, UnixFileMode mode)
    {
        File.WriteAllText(Path, text);
        File.SetUnixFileMode(Path, mode);
    }
}
