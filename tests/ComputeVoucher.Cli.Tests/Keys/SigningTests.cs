using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli.Tests;

/// <summary>The program blinds its signing before the first command, each time anew.</summary>
public sealed class SigningTests : IDisposable
{
    /// <summary>The front of a context, where the blinding stands, in every version.</summary>
    private const int BlindingBytes = 96;

    private readonly string _folder = Directory.CreateTempSubdirectory("cv-sign-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Start_EachTime_AnotherBlindingOfTheContext()
    {
        byte[] before = Blinding(out nint first);
        Start("one.key");
        byte[] once = Blinding(out nint second);
        Start("two.key");
        byte[] twice = Blinding(out nint third);
        Assert.True(first != second && second != third, "the program left the context alone");
        Assert.NotEqual(before, once);
        Assert.NotEqual(once, twice);
    }

    /// <summary>The program itself, in this process.</summary>
    private void Start(string key)
    {
        MethodInfo main = typeof(ErrorFunnel).Assembly.EntryPoint!;
        string[] arguments = ["key", "new", Path.Combine(_folder, key)];
        Assert.Equal(ExitStatus.Done, main.Invoke(null, [arguments]));
    }

    private static byte[] Blinding(out nint context)
    {
        FieldInfo field = typeof(Secp256k1).GetField(
            "s_context", BindingFlags.NonPublic | BindingFlags.Static)!;
        context = (nint)field.GetValue(null)!;
        byte[] bytes = new byte[BlindingBytes];
        Marshal.Copy(context, bytes, 0, bytes.Length);
        return bytes;
    }
}
