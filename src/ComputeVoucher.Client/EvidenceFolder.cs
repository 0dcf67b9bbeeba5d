using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.Versioning;
using System.Threading;
using ComputeVoucher.Primitives;
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
/// 14 days after the deadline, whatever channel it is of.
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

    /// <summary>Characters of a channel's id in a name: 0x and 32 bytes.</summary>
    private const int ChannelChars = 2 + 2 * Bytes32.Size;

    /// <summary>The folder is searched so often for what is too old, seconds; a file an hour older
    /// than it need be does no harm.</summary>
    private const ulong ExpireEverySeconds = 3_600;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<(ulong Seq, string Order), string> _files = [];
    // Those that may lack an ack: each is opened for one once, however many orders there are.
    private readonly SortedSet<(ulong Seq, string Order)> _unacked = [];
    private ulong _expireAt;
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
            folder.Load();
            folder.Expire(now);
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
            (ulong Seq, string Order) key = KeyOf(order.Order);
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
            Keep(key, file);
        }
    }

    /// <summary>Something became known of an order; nothing where it has no file.</summary>
    /// <returns>The bundle as it is now, and its file; null without one.</returns>
    public (EvidenceBundle Bundle, string File)? Add(
        in Order order, Func<EvidenceBundle, EvidenceBundle> add) =>
        Add(order.Seq, order.HashStruct(), add);

    /// <summary>What is kept of an order; null without a file, or where it is damaged.</summary>
    public EvidenceBundle? Find(in Order order)
    {
        lock (_lock)
        {
            try
            {
                return _files.TryGetValue(KeyOf(order), out string? file) ? Read(file) : null;
            }
            catch (ClientException)
            {
                return null;
            }
        }
    }

    /// <summary>The node's word on the trace of an order, signed; nothing where the order has no
    /// file.</summary>
    /// <param name="order">Its hash.</param>
    /// <param name="signed">A <see cref="TraceRootStatement"/> of the channel's node.</param>
    public (EvidenceBundle Bundle, string File)? AddTraceRoot(
        in Bytes32 order, ReadOnlyMemory<byte> signed)
    {
        string digits = DigitsOf(order);
        ulong? seq = null;
        lock (_lock)
        {
            foreach ((ulong Seq, string Order) key in _files.Keys)
            {
                seq = key.Order == digits ? key.Seq : seq;
            }
        }

        return seq is { } known
            ? Add(known, order, bundle => bundle.WithTraceRoot(signed))
            : null;
    }

    /// <summary>An ack pays for all orders below it; those that have none yet get it. A file that
    /// is damaged or gone stays as it is: what was served is paid for all the same.</summary>
    public void AddAck(in Ack ack, byte[] signed)
    {
        lock (_lock)
        {
            while (_unacked.Count > 0 && _unacked.Min is var key && key.Seq < ack.NextSeq)
            {
                string file = _files[key];
                if (LacksAck(file) is { } bundle)
                {
                    Write(file, bundle with { Ack = signed });
                }

                _unacked.Remove(key);
            }
        }
    }

    /// <summary>Removes what is too old, of every channel; looks once an hour.</summary>
    /// <param name="now">Unix seconds.</param>
    /// <exception cref="ClientException">A file cannot be removed.</exception>
    public void Expire(ulong now)
    {
        lock (_lock)
        {
            if (now < _expireAt)
            {
                return;
            }

            _expireAt = now + ExpireEverySeconds;
            try
            {
                foreach (string file in Directory.EnumerateFiles(_path, "*" + Ending + "*"))
                {
                    Remove(file, now);
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new ClientException(
                    $"{_path}: old evidence cannot be removed: {failure.Message}", failure);
            }
        }
    }

    private static (ulong Seq, string Order) KeyOf(in Order order) =>
        (order.Seq, DigitsOf(order.HashStruct()));

    private static string DigitsOf(in Bytes32 order) => order.ToString()[2..(2 + HashDigits)];

    private (EvidenceBundle Bundle, string File)? Add(
        ulong seq, in Bytes32 order, Func<EvidenceBundle, EvidenceBundle> add)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue((seq, DigitsOf(order)), out string? file))
            {
                return null;
            }

            EvidenceBundle before = Read(file);
            EvidenceBundle after = add(before);
            if (!ReferenceEquals(before, after))
            {
                Write(file, after);
            }

            return (after, file);
        }
    }

    private void Load()
    {
        foreach (string file in Directory.EnumerateFiles(_path, $"{_prefix}*"))
        {
            if (file.EndsWith(Partial, StringComparison.Ordinal))
            {
                // Its order never left: a kill came before.
                File.Delete(file);
            }
            else if (TryParse(Path.GetFileName(file), out (ulong Seq, string Order) key, out _))
            {
                Keep(key, file);
            }
        }
    }

    private void Keep((ulong Seq, string Order) key, string file)
    {
        _files[key] = file;
        _unacked.Add(key);
    }

    private void Remove(string file, ulong now)
    {
        string name = Path.GetFileName(file);
        if (TryParse(name, out (ulong Seq, string Order) key, out ulong deadline)
            && (UInt128)deadline + CourtLimits.OpenSeconds < now)
        {
            File.Delete(file);
            if (name.StartsWith(_prefix, StringComparison.Ordinal))
            {
                _files.Remove(key);
                _unacked.Remove(key);
            }
        }
    }

    /// <summary>Of a whole file's name, of any channel.</summary>
    private static bool TryParse(
        string name, out (ulong Seq, string Order) key, out ulong deadline)
    {
        string[] parts = name.Split('-');
        key = default;
        deadline = 0;
        if (parts.Length != 4 || parts[0].Length != ChannelChars || parts[1].Length != Digits
            || parts[2].Length != Digits || parts[3].Length != HashDigits + Ending.Length
            || !parts[3].EndsWith(Ending, StringComparison.Ordinal)
            || !TryNumber(parts[1], out ulong seq) || !TryNumber(parts[2], out deadline))
        {
            return false;
        }

        key = (seq, parts[3][..HashDigits]);
        return true;
    }

    private static bool TryNumber(string digits, out ulong number) => ulong.TryParse(
        digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);

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
