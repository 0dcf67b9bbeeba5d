using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.Versioning;
using System.Threading;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>
/// The evidence of one channel's orders, a file each (<see cref="EvidenceBundle"/>), for whoever
/// watches the node: another process, at any time, also while this one writes. Files of several
/// channels may lie in one folder. Thread safe.
/// </summary>
/// <remarks>
/// The name is CHANNEL-SEQ-DEADLINE-ORDER.evidence, both numbers of 20 digits, the order's hash
/// cut to 16. A file is on the disk
/// before its order leaves, and is replaced whole. It goes when no dispute can be opened any more:
/// 14 days after the deadline.
/// </remarks>
public sealed class EvidenceFolder
{
    private const string Ending = ".evidence";

    /// <summary>Ends the name of a file that is not whole yet.</summary>
    private const string Partial = ".partial";

    /// <summary>Of an order's hash in a name: a sequence that was refused, or that a lost journal
    /// forgot, is used again, and both orders keep their evidence.</summary>
    private const int HashDigits = 16;

    /// <summary>Digits of a number in a name, so that names sort as numbers do.</summary>
    private const int Digits = 20;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<(ulong Seq, string Order), string> _files = [];
    private readonly VoucherDomain _domain;
    private readonly VoucherClass _class;
    private readonly ChannelTerms _channel;
    private readonly string _path;
    private readonly string _prefix;

    private EvidenceFolder(string path, VoucherDomain domain, in VoucherClass terms,
        in ChannelTerms channel)
    {
        (_path, _domain, _class, _channel) = (path, domain, terms, channel);
        _prefix = $"{channel.HashStruct()}-";
    }

    /// <summary>The folder, made if need be; what is too old is removed.</summary>
    /// <param name="path">Where.</param>
    /// <param name="domain">Chain and contracts.</param>
    /// <param name="terms">The channel's class.</param>
    /// <param name="channel">Whose orders are kept.</param>
    /// <param name="now">Unix seconds.</param>
    /// <exception cref="ClientException">No folder, or of another class.</exception>
    [SupportedOSPlatform("linux")]
    public static EvidenceFolder Open(string path, VoucherDomain domain, in VoucherClass terms,
        in ChannelTerms channel, ulong now)
    {
        if (terms.HashStruct() != channel.ClassId)
        {
            throw new ClientException($"the class {terms.HashStruct()} is not the channel's, "
                + $"{channel.ClassId} (give the class that the channel was opened with)");
        }

        EvidenceFolder folder = new(path, domain, terms, channel);
        try
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute);
            folder.Load(now);
            return folder;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(
                $"{path}: no folder for evidence: {failure.Message}", failure);
        }
    }

    /// <summary>Reads one file, whatever wrote it.</summary>
    /// <exception cref="ClientException">Not a bundle.</exception>
    public static EvidenceBundle Read(string file)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite
                | FileShare.Delete);
            byte[] bytes = new byte[(int)Math.Min(stream.Length, EvidenceBundle.BytesMax + 1L)];
            stream.ReadExactly(bytes);
            return EvidenceBundle.Decode(bytes);
        }
        catch (Exception failure) when (failure is FormatException or IOException
            or UnauthorizedAccessException)
        {
            throw new ClientException($"{file}: {failure.Message}", failure);
        }
    }

    /// <summary>The order is on the disk, with all that is known before it leaves, when this
    /// returns.</summary>
    public void Begin(PendingOrder order)
    {
        lock (_lock)
        {
            (ulong Seq, string Order) key = KeyOf(order);
            if (_files.ContainsKey(key))
            {
                // Left by an earlier run.
                return;
            }

            string file = Path.Combine(_path, string.Create(CultureInfo.InvariantCulture,
                $"{_prefix}{key.Seq:D20}-{order.Order.Deadline:D20}-{key.Order}{Ending}"));
            Write(file, new EvidenceBundle
            {
                Domain = _domain,
                Class = _class,
                Channel = _channel,
                Order = order.Signed,
                Input = order.Input,
            });
            _files.Add(key, file);
        }
    }

    /// <summary>Something became known of an order; nothing where it has no file.</summary>
    public void Add(PendingOrder order, Func<EvidenceBundle, EvidenceBundle> add)
    {
        lock (_lock)
        {
            if (_files.TryGetValue(KeyOf(order), out string? file))
            {
                Write(file, add(Read(file)));
            }
        }
    }

    /// <summary>An ack pays for all orders below it; those that have none yet get it. A file that
    /// is damaged or gone stays as it is: what was served is paid for all the same.</summary>
    public void AddAck(in Ack ack, byte[] signed)
    {
        lock (_lock)
        {
            foreach (((ulong seq, _), string file) in _files)
            {
                if (seq >= ack.NextSeq)
                {
                    break;
                }

                if (LacksAck(file) is { } bundle)
                {
                    Write(file, bundle with { Ack = signed });
                }
            }
        }
    }

    private static (ulong Seq, string Order) KeyOf(PendingOrder order) => (order.Order.Seq,
        order.Order.HashStruct().ToString()[2..(2 + HashDigits)]);

    private void Load(ulong now)
    {
        foreach (string file in Directory.EnumerateFiles(_path, $"{_prefix}*"))
        {
            string name = Path.GetFileName(file)[_prefix.Length..];
            if (name.EndsWith(Partial, StringComparison.Ordinal))
            {
                // Its order never left: a kill came before.
                File.Delete(file);
            }
            else if (name.Length == 2 * Digits + 2 + HashDigits + Ending.Length
                && ulong.TryParse(name[..Digits], NumberStyles.None, CultureInfo.InvariantCulture,
                    out ulong seq)
                && ulong.TryParse(name.AsSpan(Digits + 1, Digits), NumberStyles.None,
                    CultureInfo.InvariantCulture, out ulong deadline))
            {
                Keep(file, (seq, name.Substring(2 * Digits + 2, HashDigits)), deadline, now);
            }
        }
    }

    private void Keep(string file, (ulong Seq, string Order) key, ulong deadline, ulong now)
    {
        if ((UInt128)deadline + CourtLimits.OpenSeconds < now)
        {
            File.Delete(file);
        }
        else
        {
            _files[key] = file;
        }
    }

    /// <summary>The bundle, where it can be read and holds no ack.</summary>
    private static EvidenceBundle? LacksAck(string file)
    {
        Span<byte> head = stackalloc byte[8];
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete);
            int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return EvidenceBundle.HasAck(head[..read]) ? null : Read(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException
            or ClientException)
        {
            return null;
        }
    }

    private void Write(string file, EvidenceBundle bundle)
    {
        string beside = file + Partial;
        try
        {
            File.Delete(beside);
            Posix.CreatePrivate(beside);
            File.WriteAllBytes(beside, bundle.Encode());
            Posix.Sync(beside);
            File.Move(beside, file, overwrite: true);
            Posix.Sync(_path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ClientException($"{file}: evidence cannot be kept: {failure.Message} "
                + "(make room; no order leaves without it)", failure);
        }
    }
}
