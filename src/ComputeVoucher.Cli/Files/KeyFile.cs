using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using Microsoft.Win32.SafeHandles;

namespace ComputeVoucher.Cli;

/// <summary>
/// A secp256k1 private key on disk: 64 hex digits and perhaps a line end, of this user (or root)
/// and readable by its owner alone (mode 0600 or 0400), in folders where no other user can put
/// another one in its place. A key never comes from arguments or the environment, and never appears
/// in a message.
/// </summary>
internal static class KeyFile
{
    /// <summary>
    /// 64 digits, "0x" and a line end of two bytes; anything longer is no key file.
    /// </summary>
    private const int FileBytesMax = 68;

    /// <summary>May read and write every file anyway.</summary>
    private const uint Root = 0;

    private const UnixFileMode GroupAndOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <exception cref="CommandException">Missing, no file, another user's, open to others, or not
    /// a key.</exception>
    public static PrivateKey Load(string path)
    {
        ProcessGuard.ForbidDumps();
        Span<byte> bytes = stackalloc byte[FileBytesMax + 1];
        Span<char> text = stackalloc char[FileBytesMax];
        try
        {
            using SafeFileHandle file = Open(path);
            // Without a buffer in between, which would be a copy on the heap.
            int length = RandomAccess.Read(file, bytes, 0);
            ReadOnlySpan<byte> digits = bytes[..length].TrimEnd("\r\n"u8);
            if (length > FileBytesMax || digits.Length is not (64 or 66))
            {
                throw new FormatException();
            }

            Encoding.Latin1.GetChars(digits, text);
            return PrivateKey.Parse(text[..digits.Length]);
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException)
        {
            throw new CommandException(
                $"{path}: not a key file (64 hexadecimal digits, between 1 and the group order)");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text));
        }
    }

    private static SafeFileHandle Open(string path)
    {
        if (Posix.Status(path) is null)
        {
            throw new CommandException(
                $"{path}: no such key file (make one with: computevoucher key new {path})");
        }

        SafeFileHandle file = Posix.OpenRegular(path, out FileStatus status)
            ?? throw new CommandException($"{path}: a folder, pipe, socket or device, and a key "
                + "is read from a file only (name one; computevoucher key new FILE makes one)");
        try
        {
            RequirePrivate(path, status);
            RequireFolders(path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequirePrivate(string path, FileStatus status)
    {
        uint user = ProcessGuard.User();
        if (status.Owner != user && status.Owner != Root)
        {
            throw new CommandException($"{path}: key file of another user, number {status.Owner} "
                + $"and not {user} (run as that user, or chown {user} {path})");
        }

        if ((status.Permissions & GroupAndOthers) != 0)
        {
            throw new CommandException($"{path}: key file open to group or others, mode "
                + $"{Octal(status.Permissions)} (chmod 600 {path})");
        }
    }

    /// <summary>Whoever owns or may write a folder may put another file in the place of one in it,
    /// or another folder; where the sticky bit is set, as on /tmp, of the writers only the owner of
    /// the file may. Asked of the name as given and of what its links lead to.</summary>
    private static void RequireFolders(string path)
    {
        string given = Path.GetFullPath(path);
        RequireFoldersOf(path, given);
        string folder = Path.GetDirectoryName(given) ?? given;
        // Of a file that is not there yet, only the folder has a real name.
        string? real = Posix.RealPath(given)
            ?? (Posix.RealPath(folder) is { } parent
                ? Path.Combine(parent, Path.GetFileName(given))
                : null);
        RequireFoldersOf(path, real
            ?? throw new CommandException($"{path}: its folder {folder} is not to be read (make "
                + "it, or name another)"));
    }

    private static void RequireFoldersOf(string path, string name)
    {
        for (string? at = Path.GetDirectoryName(name); at is not null;
            at = Path.GetDirectoryName(at))
        {
            FileStatus status = Posix.Status(at) ?? throw new CommandException(
                $"{path}: its folder {at} is not to be read (make it, or name another)");
            uint user = ProcessGuard.User();
            if (status.Owner != user && status.Owner != Root)
            {
                throw new CommandException($"{path}: its folder {at} is of another user, number "
                    + $"{status.Owner} and not {user}, who may put another key there (keep keys "
                    + "in a folder of your own)");
            }

            UnixFileMode mode = status.Permissions;
            if ((mode & OthersWrite) != 0 && !mode.HasFlag(UnixFileMode.StickyBit))
            {
                throw new CommandException($"{path}: others may write its folder {at}, mode "
                    + $"{Octal(mode)}, and put another key there (chmod go-w {at})");
            }
        }
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);

    /// <summary>Makes a key and its file, mode 0600, durable. Never overwrites.</summary>
    public static Address Create(string path)
    {
        ProcessGuard.ForbidDumps();
        Span<byte> secret = stackalloc byte[PrivateKey.Size];
        while (true)
        {
            Libc.FillRandom(secret);
            // One in 2^128 draws is zero or beyond the group order; drawing again is the rule.
            if (TryAddress(secret, out Address address))
            {
                Write(path, secret);
                CryptographicOperations.ZeroMemory(secret);
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

        RequireFolders(path);
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            // No buffer: it would be a copy on the heap.
            BufferSize = 0,
        };
        Span<byte> text = stackalloc byte[65];
        Convert.TryToHexStringLower(secret, text, out _);
        text[64] = (byte)'\n';
        using (FileStream file = new(path, options))
        {
            file.Write(text);
        }

        CryptographicOperations.ZeroMemory(text);
        Posix.Sync(path);
        Posix.Sync(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
    }
}
