# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Gets packages from the Debian archive that this machine uses, without
changing the configuration and the package lists of its apt."""

import os
import re
import shutil
import subprocess


class Failure(Exception):
    pass


def run(*command, **kwargs):
    """Runs 'command'; returns its exit status and its output, in English."""
    kwargs.setdefault('env', dict(os.environ, LC_ALL='C.UTF-8'))
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, **kwargs)
    return done.returncode, done.stdout


def must(status_and_output):
    """Returns the output of run(), or raises Failure with it."""
    status, out = status_and_output
    if status:
        raise Failure(out)
    return out


def mirrors():
    """Returns the URIs of the Debian archives that this machine uses, at least
    one."""
    def targets(*args):
        status, out = run('apt-get', 'indextargets', 'Created-By: Packages',
                          *args)
        return [s.split() for s in out.splitlines()] if not status else []

    # A machine whose package lists were never fetched knows no origins yet.
    found = (targets('--format', '$(REPO_URI) $(RELEASE)', 'Origin: Debian')
             or targets('--format', '$(REPO_URI) $(RELEASE)',
                        '--no-release-info', 'Component: main'))
    # Skip -updates, -security, -backports.
    uris = [t[0] for t in found if len(t) == 2 and not re.search('[-/]', t[1])]
    if not uris:
        raise Failure('apt knows no Debian archive (is this Debian?)')
    return list(dict.fromkeys(uris))


class Apt:
    """apt with sources, lists and cache of its own, below 'work'.  It gets
    'suite' from 'uri', as if no package were installed."""

    def __init__(self, work, uri, suite):
        shutil.rmtree(work, ignore_errors=True)
        for name in ('lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(work, name))
        sources = os.path.join(work, 'sources.list')
        keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
        signed = '[signed-by=%s] ' % keyring if os.path.exists(keyring) else ''
        with open(sources, 'w') as f:
            f.write('deb %s%s %s main\n' % (signed, uri, suite))
        with open(os.path.join(work, 'status'), 'w'):
            pass
        self.work = work
        self.options = [
            '-o', 'Dir::Etc::sourcelist=' + sources,
            '-o', 'Dir::Etc::sourceparts=-',
            '-o', 'Dir::Etc::preferences=-',
            '-o', 'Dir::Etc::preferencesparts=-',
            '-o', 'Dir::State::lists=' + os.path.join(work, 'lists'),
            '-o', 'Dir::State::status=' + os.path.join(work, 'status'),
            '-o', 'Dir::Cache=' + os.path.join(work, 'cache'),
            '-o', 'APT::Sandbox::User=root',
            '-o', 'APT::Update::Error-Mode=any',
            '-o', 'Acquire::Languages=none']

    def run(self, tool, *args):
        return run(tool, *self.options, *args, cwd=self.work)


def download(suite, choose, work):
    """Downloads from 'suite'.  'choose' takes an Apt and returns two lists of
    package names: those to download alone, and those to download with their
    dependencies.  Returns the .deb files of the two."""
    log = []
    for uri in mirrors():
        apt = Apt(work, uri, suite)
        try:
            must(apt.run('apt-get', 'update'))
            alone, closed = choose(apt)
            must(apt.run('apt-get', 'download', *alone))
            if closed:
                must(apt.run('apt-get', 'install', '--yes', '--download-only',
                             '--no-install-recommends', *closed))
        except Failure as error:
            log.append('%s: %s' % (suite, error))
            continue
        return debs_in(work), debs_in(os.path.join(work, 'cache', 'archives'))
    raise Failure('\n'.join(log))


def debs_in(path):
    """Returns the paths of the .deb files in directory 'path'."""
    return [os.path.join(path, name) for name in sorted(os.listdir(path))
            if name.endswith('.deb')]


def unpack(debs, out):
    """Unpacks 'debs' below 'out', in which /bin and so on are in /usr."""
    for name in ('bin', 'sbin', 'lib', 'lib64'):
        os.makedirs(os.path.join(out, 'usr', name))
        os.symlink('usr/' + name, os.path.join(out, name))
    for deb in debs:
        package = subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb],
                                   stdout=subprocess.PIPE)
        tar = subprocess.run(
            ['tar', '-x', '--keep-directory-symlink', '-C', out,
             '--exclude=./usr/share/doc', '--exclude=./usr/share/locale',
             '--exclude=./usr/share/man'], stdin=package.stdout)
        if package.wait() or tar.returncode:
            raise Failure('cannot unpack ' + deb)
