using System;
using System.IO;
using System.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Cli;

/// <summary>
/// A secp256k1 private key on disk: 64 hex digits and perhaps a line end, readable by its owner
/// alone (mode 0600 or 0400). A key never comes from arguments or the environment, and never
/// appears in a message.
/// </summary>
internal static class KeyFile
{
    /// <summary>
    /// 64 digits, "0x" and a line end of two bytes; anything longer is no key file.
    /// </summary>
    private const int FileBytesMax = 68;

    private const UnixFileMode GroupAndOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <exception cref="CommandException">Missing, readable by others, or not a key.</exception>
    public static PrivateKey Load(string path)
    {
        if (!File.Exists(path))
        {
            throw new CommandException(
                $"{path}: no such key file (make one with: computevoucher key new {path})");
        }

        UnixFileMode mode = File.GetUnixFileMode(path);
        if ((mode & GroupAndOthers) != 0)
        {
            throw new CommandException($"{path}: key file open to group or others, mode "
                + $"{Convert.ToString((int)mode, 8)} (chmod 600 {path})");
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read);
        Span<byte> bytes = stackalloc byte[FileBytesMax + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> digits = bytes[..length].TrimEnd("\r\n"u8);
        try
        {
            if (length > FileBytesMax || digits.Length is not (64 or 66))
            {
                throw new FormatException();
            }

            Span<char> text = stackalloc char[digits.Length];
            Encoding.Latin1.GetChars(digits, text);
            PrivateKey key = PrivateKey.Parse(text);
            text.Clear();
            return key;
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException)
        {
            throw new CommandException(
                $"{path}: not a key file (64 hexadecimal digits, between 1 and the group order)");
        }
        finally
        {
            bytes.Clear();
        }
    }

    /// <summary>Makes a key and its file, mode 0600, durable. Never overwrites.</summary>
    public static Address Create(string path)
    {
        Span<byte> secret = stackalloc byte[32];
        while (true)
        {
            Libc.FillRandom(secret);
            // One in 2^128 draws is zero or beyond the group order; drawing again is the rule.
            if (TryAddress(secret, out Address address))
            {
                Write(path, secret);
                secret.Clear();
                return address;
            }
        }
    }

    private static bool TryAddress(ReadOnlySpan<byte> secret, out Address address)
    {
        try
        {
            using PrivateKey key = PrivateKey.FromBytes(secret);
            address = key.Address;
            return true;
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException)
        {
            address = default;
            return false;
        }
    }

    /// <summary>Mode 0600, durable. Never overwrites.</summary>
    public static void Write(string path, ReadOnlySpan<byte> secret)
    {
        if (Path.Exists(path))
        {
            throw new CommandException($"{path}: already there, and a key is never overwritten "
                + "(choose another name, or move it away)");
        }

        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        Span<byte> text = stackalloc byte[65];
        Convert.TryToHexStringLower(secret, text, out _);
        text[64] = (byte)'\n';
        using (FileStream file = new(path, options))
        {
            file.Write(text);
        }

        text.Clear();
        Posix.Sync(path);
        Posix.Sync(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
    }
}
