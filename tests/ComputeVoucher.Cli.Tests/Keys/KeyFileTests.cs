using System;
using System.IO;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli.Tests;

public sealed class KeyFileTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Account 0 of the mnemonic "test test … junk", known to everybody.
    private const string Known =
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

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

    private void Write(string text, UnixFileMode mode)
    {
        File.WriteAllText(Path, text);
        File.SetUnixFileMode(Path, mode);
    }
}
