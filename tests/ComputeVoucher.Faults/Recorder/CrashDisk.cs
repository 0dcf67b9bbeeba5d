using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace ComputeVoucher.Faults.Recorder;

/// <summary>
/// A disk that loses power. Of each file: the bytes that are synced, and the changes since, of
/// which any subset of 512-byte pieces may have reached the platter. Names (created, removed) are
/// durable after a sync of the directory only, or by luck.
/// </summary>
internal sealed class CrashDisk
{
    private const int SectorBytes = 512;

    private readonly Dictionary<string, CrashFile> _live = [];
    private readonly Dictionary<string, CrashFile> _durableNames = [];

    /// <summary>Files that are there, durably, before the first event.</summary>
    public void Hold(string directory)
    {
        foreach (string path in Directory.GetFiles(directory))
        {
            string name = Path.GetFileName(path);
            _live[name] = _durableNames[name] = new CrashFile(File.ReadAllBytes(path));
        }
    }

    /// <summary>Applies one event; false for a kind that cannot be modelled.</summary>
    public bool Apply(JournalEvent item)
    {
        switch (item.Kind)
        {
            case 'C':
                _live[item.Name] = new CrashFile([]);
                return true;
            case 'W':
            case 'T':
                _live[item.Name].Pending.Add(item);
                return true;
            case 'S':
                _live[item.Name].Sync();
                return true;
            case 'D':
                _durableNames.Clear();
                foreach ((string name, CrashFile file) in _live)
                {
                    _durableNames[name] = file;
                }

                return true;
            case 'U':
                return _live.Remove(item.Name);
            case 'R':
                return _live.Remove(item.Name, out CrashFile? renamed)
                    && (_live[Encoding.UTF8.GetString(item.Data)] = renamed) is not null;
            case 'M':
                return true;
            default:
                return false;
        }
    }

    /// <summary>Something is not synced: states other than the plain one exist here.</summary>
    public bool IsDirty
    {
        get
        {
            bool dirty = _live.Count != _durableNames.Count;
            foreach (CrashFile file in _live.Values)
            {
                dirty |= file.Pending.Count > 0;
            }

            return dirty;
        }
    }

    /// <summary>
    /// The files after a power cut now. keep says of each unsynced piece whether it survived.
    /// </summary>
    public SortedDictionary<string, byte[]> Cut(Func<bool> keep)
    {
        SortedDictionary<string, byte[]> files = [];
        foreach ((string name, CrashFile file) in _durableNames)
        {
            // A removal that was not synced may or may not have happened.
            bool removed = !_live.TryGetValue(name, out CrashFile? now) || now != file;
            if (!removed || !keep())
            {
                files[name] = file.Cut(keep);
            }
        }

        foreach ((string name, CrashFile file) in _live)
        {
            bool durable = _durableNames.TryGetValue(name, out CrashFile? old) && old == file;
            if (!durable && keep())
            {
                files[name] = file.Cut(keep);
            }
        }

        return files;
    }

    public static string Hash(SortedDictionary<string, byte[]> files)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] bytes) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {bytes.Length} "));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static void Write(SortedDictionary<string, byte[]> files, string directory)
    {
        Directory.CreateDirectory(directory);
        foreach ((string name, byte[] bytes) in files)
        {
            File.WriteAllBytes(Path.Combine(directory, name), bytes);
        }
    }

    private sealed class CrashFile(byte[] durable)
    {
        private byte[] _durable = durable;

        public List<JournalEvent> Pending { get; } = [];

        public void Sync()
        {
            _durable = Cut(() => true);
            Pending.Clear();
        }

        public byte[] Cut(Func<bool> keep)
        {
            byte[] bytes = _durable;
            bool copied = false;
            foreach (JournalEvent item in Pending)
            {
                if (item.Kind == 'T')
                {
                    if (keep())
                    {
                        Array.Resize(ref bytes, (int)item.Offset);
                        copied = true;
                    }

                    continue;
                }

                // Pieces end at sector boundaries of the file, as the disk's do.
                int done = 0;
                while (done < item.Data.Length)
                {
                    long at = item.Offset + done;
                    int room = SectorBytes - (int)(at % SectorBytes);
                    int piece = Math.Min(item.Data.Length - done, room);
                    if (keep())
                    {
                        if (!copied || bytes.Length < at + piece)
                        {
                            byte[] grown = new byte[Math.Max(bytes.Length, at + piece)];
                            bytes.CopyTo(grown, 0);
                            bytes = grown;
                            copied = true;
                        }

                        item.Data.AsSpan(done, piece).CopyTo(bytes.AsSpan((int)at));
                    }

                    done += piece;
                }
            }

            return bytes;
        }
    }
}
