"""Adds the platform packages that a partial registry could not list, so that npm ci accepts the lock everywhere.

Run after every change of dependencies, on a lock made by `npm install --package-lock-only` in an empty folder.
"""
import json,re
p='package-lock.json'; d=json.load(open(p)); pk=d['packages']
added=0
for key,node in list(pk.items()):
    for name,spec in (node.get('optionalDependencies') or {}).items():
        # found by walking up
        parts=key.split('/node_modules/'); found=False
        cand=key
        while True:
            path=(cand+'/' if cand else '')+'node_modules/'+name
            if path in pk: found=True;break
            if not cand: break
            i=cand.rfind('/node_modules/')
            cand=cand[:i] if i>=0 else ''
        if found: continue
        n=name.split('/')[-1]
        os=next((o for o in ['darwin','win32','freebsd','android','openharmony','linux','sunos','netbsd','openbsd','aix'] if re.search(r'(^|-)%s(-|$)'%o,n)),None)
        cpu=next((c for c in ['arm64','x64','ia32','riscv64','ppc64','s390x','loong64','mips64el','wasm32'] if re.search(r'(^|-)%s(-|$)'%c,n)),None) or ('arm' if re.search(r'(^|-)arm(-|$)',n) else None)
        libc='musl' if 'musl' in n else ('glibc' if 'gnu' in n else None)
        e={'version':re.sub(r'^[\^~]','',spec)}
        if cpu: e['cpu']=[cpu]
        if node.get('dev'): e['dev']=True
        if libc and os=='linux': e['libc']=[libc]
        e['optional']=True
        if os: e['os']=[os]
        pk['node_modules/'+name]=e; added+=1; print(name,e)
d['packages']={'' : pk.pop('')} | dict(sorted(pk.items()))
json.dump(d,open(p,'w'),indent=2); open(p,'a').write('\n')
print(added)
