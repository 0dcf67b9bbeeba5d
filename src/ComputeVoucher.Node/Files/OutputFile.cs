using System;
using System.IO;
using System.Text;
using ComputeVoucher.Node.Native;

namespace ComputeVoucher.Node.Files;

/// <summary>Files that a command was told to write: whole and durable, or not there.</summary>
internal static class OutputFile
{
    /// <summary>Writes beside, flushes, renames, flushes the folder.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        string beside = path + ".partial";
        using (FileStream stream = new(beside, FileMode.Create, FileAccess.Write))
        {
            stream.Write(bytes);
        }

        Libc.Sync(beside);
        File.Move(beside, path, overwrite: true);
        Libc.Sync(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
    }

    public static void Write(string path, string text) =>
        Write(path, Encoding.UTF8.GetBytes(text));
}
